"""Job without some intents, and the rows that measure adding them back."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from training.jobs.job import Job
from training.networks.nets import BertClassifier
from training.rows.examples import Examples
from training.studies.vectors import few_rows

_SENTENCES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A job that knows some of the intents, and rows labelled with all of them."""

    job: Job
    names: tuple[str, ...]
    """Names of the left-out intents, in the order of their columns."""

    columns: NDArray[np.int64]
    """Column of each label of the whole job; the left-out ones follow the others."""

    sentences: Examples
    """Sentences by which the intents are added back."""

    rest: Examples
    """Rows for choices: neither trained on nor among the sentences."""


def without_intents(job: Job, count: int) -> LeftOut:
    """Return the job without `count` intents, drawn by its seed."""
    labels = job.spec.outputs["logits"].labels
    mixed = np.random.default_rng(job.recipe.seed).permutation(len(labels))
    known, out = np.sort(mixed[count:]), np.sort(mixed[:count])
    columns = np.argsort(np.concatenate((known, out)))
    new = _of(job.train, out)
    shown = few_rows(new.targets["logits"], _SENTENCES, job.recipe.seed)
    unseen = new.take(np.setdiff1d(np.arange(len(new)), shown))
    return LeftOut(
        job=replace(
            job,
            net=_with_labels(job, len(known)),
            train=_renumbered(_of(job.train, known), columns),
            valid=_renumbered(_of(job.valid, known), columns),
        ),
        names=tuple(labels[label] for label in out),
        columns=columns,
        sentences=new.take(shown),
        rest=_together(unseen, _of(job.valid, known)),
    )


def _with_labels(job: Job, count: int) -> BertClassifier:
    return BertClassifier(job.net.body, {"logits": count}, dropout=job.recipe.dropout, pooled=True)  # type: ignore[arg-type]


def _of(examples: Examples, labels: NDArray[np.int64]) -> Examples:
    return examples.take(np.flatnonzero(np.isin(examples.targets["logits"], labels)))


def _renumbered(examples: Examples, columns: NDArray[np.int64]) -> Examples:
    return replace(examples, targets={"logits": columns[examples.targets["logits"]]})


def _together(first: Examples, second: Examples) -> Examples:
    targets = np.concatenate((first.targets["logits"], second.targets["logits"]))
    return Examples([*first.inputs, *second.inputs], {"logits": targets})
