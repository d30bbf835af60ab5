"""Files that the compression study compares."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation import datasets as data
from training.export import write_onnx, write_rounded
from training.jobs.bert import whole_encoder
from training.jobs.job import Job, Storage
from training.networks.nets import BertClassifier
from training.recipes import support_intent
from training.rows.examples import Examples, text_examples
from training.studies.networks import Networks

Make = Callable[[], BertClassifier]


@dataclass(frozen=True, slots=True)
class Variant:
    """One file, and the test questions encoded for it."""

    name: str
    path: Path
    test: Examples


def variants_of(networks: Networks) -> list[Variant]:
    """Return the files to compare, the plain one first; missing networks are trained, which takes long."""
    job, folder = networks.job, networks.kept.folder
    whole, cut = _whole_test(networks.root), job.test
    made: Sequence[tuple[str, Make, Examples]] = (
        ("fp32", networks.with_all_words, whole),
        ("int8", networks.with_all_words, whole),
        ("vocabulary cut", networks.teacher, cut),
        ("vocabulary cut, int8", networks.teacher, cut),
        ("pruned", networks.pruned, cut),
        ("student", networks.student, cut),
        ("student, int8", networks.student, cut),
    )
    return [Variant(name, written(job, folder / f"{name}.onnx", net), test) for name, net, test in made]


def written(job: Job, path: Path, make: Make) -> Path:
    """Return `path` after `make` has written it, in int8 when its name ends so.

    An existing file is replaced: it may be incomplete, or made in another way.
    """
    if path.stem.endswith("int8"):
        write_rounded(job, make(), path, Storage.INT8)
    else:
        write_onnx(make(), job.config, job.example, path)
    return path


def _whole_test(root: Path) -> Examples:
    """Return the test questions encoded with the whole vocabulary."""
    _, tokenizer = whole_encoder(None)
    return text_examples(tokenizer, support_intent.MAX_TOKENS, {"logits": data.banking77(root).test})
