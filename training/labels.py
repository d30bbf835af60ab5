"""Guards the order of labels: whoever counts columns would read another order wrongly, and never notice."""

from pathlib import Path

from shared.errors import ConfigError
from shared.inference.bundle import load_bundle
from training.job import Job


def refuse_reordered_labels(job: Job, repository: Path, version: str) -> None:
    """Raise ConfigError when the model that lies in `repository` has the job's labels in another order."""
    try:
        outputs = load_bundle(repository, job.model, version).outputs
    except ConfigError:
        return  # no usable model is there that could be relied on
    for name, output in job.spec.outputs.items():
        before = outputs[name].labels if name in outputs else ()
        if before != output.labels and set(before) == set(output.labels):
            raise ConfigError(
                f"{repository / job.model}: the labels of {name} come in another order than before; "
                "bring the data into the old order, or replace the model all the same: --relabel"
            )
