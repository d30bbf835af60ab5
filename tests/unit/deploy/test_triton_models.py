"""The embedded Triton's own form of a model's config."""

from pathlib import Path

from deploy.local.part import BULK_NICE
from deploy.local.triton_models import lay_out
from shared.repository.config import parameters_of, read_config


def test_everything_but_the_config_is_the_original(tmp_path: Path) -> None:
    model = tmp_path / "models" / "m"
    (model / "1").mkdir(parents=True)
    (model / "1" / "model.onnx").write_bytes(b"weights")
    (model / "config.pbtxt").write_text('name: "m"\ndynamic_batching { preserve_ordering: true }\n')

    lay_out(tmp_path / "models", ["m"], tmp_path / "served")

    served = tmp_path / "served" / "m"
    assert (served / "1" / "model.onnx").read_bytes() == b"weights"
    assert (served / "config.pbtxt").read_text() == 'name: "m"\ndynamic_batching {\n}\n'
    assert "preserve_ordering" in (model / "config.pbtxt").read_text()


def test_bulk_models_step_back_and_the_others_do_not(tmp_path: Path) -> None:
    for name in ("bulk", "live"):
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / "models" / name / "config.pbtxt").write_text(f'name: "{name}"\n')

    lay_out(tmp_path / "models", ["bulk", "live"], tmp_path / "served", bulk=["bulk"])

    bulk, live = (read_config(tmp_path / "served" / name / "config.pbtxt") for name in ("bulk", "live"))
    assert parameters_of(bulk) == {"nice": str(BULK_NICE)}
    assert parameters_of(live) == {}
