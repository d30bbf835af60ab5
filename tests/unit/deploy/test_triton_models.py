"""The embedded Triton's own form of a model's config."""

from pathlib import Path

import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from deploy.local.part import BULK_NICE
from deploy.local.triton_models import lay_out, with_plain_batching


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("a: 1\n", "a: 1\n"),
        ("dynamic_batching { }\nb: 2\n", "dynamic_batching { }\nb: 2\n"),
        (
            "dynamic_batching { priority_levels: 2 default_queue_policy { max_queue_size: 9 } }\nb: 2\n",
            "dynamic_batching { }\nb: 2\n",
        ),
        ("dynamic_batching {\n  preferred_batch_size: [ 4 ]\n}\nb: 2\n", "dynamic_batching { }\nb: 2\n"),
    ],
)
def test_the_batcher_loses_its_settings_and_the_rest_stays(config: str, expected: str) -> None:
    assert with_plain_batching(config) == expected


def test_everything_but_the_config_is_the_original(tmp_path: Path) -> None:
    model = tmp_path / "models" / "m"
    (model / "1").mkdir(parents=True)
    (model / "1" / "model.onnx").write_bytes(b"weights")
    (model / "config.pbtxt").write_text('name: "m"\ndynamic_batching { preserve_ordering: true }\n')

    lay_out(tmp_path / "models", ["m"], tmp_path / "served")

    served = tmp_path / "served" / "m"
    assert (served / "1" / "model.onnx").read_bytes() == b"weights"
    assert (served / "config.pbtxt").read_text() == 'name: "m"\ndynamic_batching { }\n'
    assert "preserve_ordering" in (model / "config.pbtxt").read_text()


def test_bulk_models_step_back_and_the_others_do_not(tmp_path: Path) -> None:
    for name in ("bulk", "live"):
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / "models" / name / "config.pbtxt").write_text(f'name: "{name}"\n')

    lay_out(tmp_path / "models", ["bulk", "live"], tmp_path / "served", bulk=["bulk"])

    bulk, live = ((tmp_path / "served" / name / "config.pbtxt").read_text() for name in ("bulk", "live"))
    config = text_format.Parse(bulk, model_config_pb2.ModelConfig())
    assert config.parameters["nice"].string_value == str(BULK_NICE)
    assert live == 'name: "live"\n'
