"""Guards the order of labels: whoever counts columns would read another order wrongly, and never notice."""

from pathlib import Path

from shared.errors import ConfigError
from shared.repository.bundle import load_bundle
from training.jobs.job import Job


def refuse_reordered_labels(job: Job, repository: Path, version: str) -> None:
    """Raise ConfigError when a label of the model that lies in `repository` has another place in the job.

    More labels behind those that were there are no harm.
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
