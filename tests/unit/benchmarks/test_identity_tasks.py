"""The stream that measures everything but the model."""

from benchmarks.identity_tasks import identity_tasks
from deploy.local.paths import MODELS
from shared.repository.bundle import load_bundle
from shared.repository.config import CONFIG_FILE, outputs_of, read_config


def test_the_identity_model_has_every_output_that_its_stream_asks_for() -> None:
    (task,) = identity_tasks(MODELS).all
    config = read_config(MODELS / task.model / CONFIG_FILE)

    asked = {*load_bundle(MODELS, task.model).outputs, *task.vectors}

    assert asked <= {output.name for output in outputs_of(config)}
