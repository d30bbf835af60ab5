"""Check of the label order: a reader that counts columns would not notice another order."""

from pathlib import Path

from shared.errors import ConfigError
from shared.repository.bundle import load_bundle
from training.jobs.job import Job


def refuse_reordered_labels(job: Job, repository: Path, version: str) -> None:
    """Raise ConfigError when a label of the model in `repository` has another column in the job.

    New labels behind the existing ones are allowed.
    """
    try:
        bundle = load_bundle(repository, job.model, version)
    except ConfigError:
        return  # no usable model is there that could be relied on
    for name, output in job.spec.outputs.items():
        before = bundle.outputs[name].labels if name in bundle.outputs else ()
        if output.labels[: len(before)] != before:
            raise ConfigError(
                f"{bundle.folder}: the labels of {name} must begin with those of this model, in their order "
                "(preprocessing.json there has it, and `labels` in the `TABLE` of a recipe sets it), "
                "or replace the model all the same: --relabel"
            )
