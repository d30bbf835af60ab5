"""The stream that measures everything but the model."""

from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from benchmarks.identity_tasks import identity_tasks
from deploy.local.paths import MODELS
from shared.repository.bundle import load_bundle


def test_the_identity_model_has_every_output_that_its_stream_asks_for() -> None:
    (task,) = identity_tasks(MODELS).all
    text = (MODELS / task.model / "config.pbtxt").read_text()
    config = text_format.Parse(text, model_config_pb2.ModelConfig())

    asked = {*load_bundle(MODELS, task.model).outputs, *task.vectors}

    assert asked <= {output.name for output in config.output}
