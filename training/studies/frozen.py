"""Fine-tuning methods with a frozen encoder: a head is trained on its vectors, or nothing."""

import time
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from training.jobs.job import Job
from training.studies.answers import Rows, right_percent
from training.studies.fine_tuning_page import Method, MethodResult
from training.studies.vectors import description_vectors, few_rows, linear_head, sentence_vectors

_FEW = 8
_DRAWS = 3


@dataclass(frozen=True, slots=True)
class Vectors:
    """Sentence vectors of all rows of a job, float32 [rows, width], and the seconds per row."""

    train: Rows
    valid: Rows
    test: Rows
    row_s: float


def vectors_of(job: Job) -> Vectors:
    """Return the vectors of the untrained encoder."""
    started_s = time.monotonic()
    train = sentence_vectors(job, job.train)
    row_s = (time.monotonic() - started_s) / max(1, len(train))
    return Vectors(train, sentence_vectors(job, job.valid), sentence_vectors(job, job.test), row_s)


def frozen(job: Job, vectors: Vectors) -> MethodResult:
    """Return the result of a linear head on all training rows."""
    head, trained_s = _taught(job, vectors, np.arange(len(job.train)))
    return MethodResult(
        method=Method(
            "frozen encoder",
            how="logistic regression on the encoder's sentence vectors",
            good_for="a first model within a minute; one encoder for many tasks",
        ),
        labelled_rows=len(job.train),
        trained_count=_size(head),
        share=_size(head) / _parameter_count(job),
        trained_s=round(trained_s, 1),
        held_back=right_percent(head.predict_proba(vectors.valid), job.valid.targets["logits"]),
        accuracy=right_percent(head.predict_proba(vectors.test), job.test.targets["logits"]),
    )


def few_shot(job: Job, vectors: Vectors) -> MethodResult:
    """Return the result of a linear head on a few examples of each intent: the mean of some draws."""
    labels = job.train.targets["logits"]
    heads = [_taught(job, vectors, few_rows(labels, _FEW, job.recipe.seed + draw)) for draw in range(_DRAWS)]
    held_back, tested = (
        [right_percent(head.predict_proba(rows), part.targets["logits"]) for head, _ in heads]
        for rows, part in ((vectors.valid, job.valid), (vectors.test, job.test))
    )
    size = _size(heads[0][0])
    return MethodResult(
        method=Method(
            "few-shot",
            how=f"the same with {_FEW} examples per intent; mean of {_DRAWS} draws",
            good_for="new intents with a few examples each",
        ),
        labelled_rows=_FEW * len(np.unique(labels)),
        trained_count=size,
        share=size / _parameter_count(job),
        trained_s=round(float(np.mean([trained_s for _, trained_s in heads])), 1),
        held_back=round(float(np.mean(held_back)), 2),
        accuracy=round(float(np.mean(tested)), 2),
        draws=tuple(tested),
    )


def zero_shot(job: Job, vectors: Vectors) -> MethodResult:
    """Return the result of the nearest description of an intent."""
    described = description_vectors(job, job.spec.outputs["logits"].labels).T
    return MethodResult(
        method=Method(
            "zero-shot",
            how="the nearest intent, by its name and one sentence about it (`descriptions.toml`)",
            good_for="intents with a description and no examples; sorting of messages to label",
        ),
        labelled_rows=0,
        trained_count=0,
        share=0.0,
        trained_s=0.0,
        held_back=right_percent(vectors.valid @ described, job.valid.targets["logits"]),
        accuracy=right_percent(vectors.test @ described, job.test.targets["logits"]),
    )


def _taught(job: Job, vectors: Vectors, rows: np.ndarray) -> tuple[LogisticRegression, float]:
    """Return the head of these training rows, and the seconds including those of their vectors."""
    started_s = time.monotonic()
    head = linear_head(vectors.train[rows], job.train.targets["logits"][rows])
    return head, time.monotonic() - started_s + len(rows) * vectors.row_s


def _size(head: LogisticRegression) -> int:
    return int(head.coef_.size + head.intercept_.size)


def _parameter_count(job: Job) -> int:
    return sum(weight.numel() for weight in job.net.parameters())
