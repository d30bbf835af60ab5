"""The model repository: what ships is complete, consistent and small."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from deploy.local.paths import MODELS
from shared.catalogue import MODELS as MODELS_ASKED
from shared.inference.encoders import text_encoder, word_encoder
from shared.repository.bundle import ImageModelSpec, WordsSpec, load_bundle
from shared.repository.config import (
    CONFIG_FILE,
    config_files,
    config_text,
    hash_parameter,
    outputs_of,
    parameters_of,
    read_config,
)
from shared.repository.versions import models_in, versions_in

NAMES = list(models_in(MODELS))
CONFIGS = [path for name in NAMES for path in config_files(MODELS / name)]


def is_of_the_card(path: Path) -> bool:
    """Return whether a file only tells of its version; the plots lie beside the card."""
    return path.name in {"card.json", "card.md"} or path.suffix == ".svg"


def test_the_models_of_every_stream_ship() -> None:
    assert sorted([*MODELS_ASKED, "identity"]) == NAMES


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: str(path.relative_to(MODELS)))
def test_triton_can_read_the_configuration_and_its_queue_is_bounded(path: Path) -> None:
    config = read_config(path)

    policy = config.dynamic_batching.default_queue_policy
    assert config.name == path.relative_to(MODELS).parts[0]
    assert config.backend == "onnxruntime"
    assert config.max_batch_size >= 32
    assert policy.max_queue_size > 0
    assert policy.default_timeout_microseconds == 0
    assert config.version_policy.HasField("all")


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: str(path.relative_to(MODELS)))
def test_the_file_is_what_the_writer_of_configurations_gives(path: Path) -> None:
    written = path.read_text(encoding="utf-8")

    assert written == config_text(read_config(path)), "run: python -m tests.architecture.model_configs"


@pytest.mark.parametrize("name", NAMES)
def test_both_configurations_differ_in_the_place_only(name: str) -> None:
    cpu, gpu = map(read_config, config_files(MODELS / name))

    assert cpu.instance_group[0].kind == cpu.instance_group[0].KIND_CPU
    assert gpu.instance_group[0].kind == gpu.instance_group[0].KIND_GPU
    assert list(cpu.input) == list(gpu.input)
    assert list(cpu.output) == list(gpu.output)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: str(path.relative_to(MODELS)))
def test_the_configuration_carries_the_hash_of_each_versions_preprocessing(path: Path) -> None:
    name = path.relative_to(MODELS).parts[0]

    for version in versions_in(MODELS, name):
        carried = parameters_of(read_config(path))[hash_parameter(version)]
        assert carried == load_bundle(MODELS, name, version).preprocessing_hash


@pytest.mark.parametrize("name", NAMES)
def test_the_card_lists_every_file_with_its_hash(name: str) -> None:
    for version in versions_in(MODELS, name):
        folder = MODELS / name / version
        card = json.loads((folder / "card.json").read_text())
        files = {path.name for path in folder.iterdir() if not is_of_the_card(path)}
        assert card["sha256"] == {
            file: hashlib.sha256((folder / file).read_bytes()).hexdigest() for file in files
        }
        assert card["size_bytes"] == (folder / "model.onnx").stat().st_size


@pytest.mark.parametrize("name", NAMES)
def test_labels_are_as_many_as_columns_and_all_different(name: str) -> None:
    config = read_config(MODELS / name / CONFIG_FILE)
    widths = {tensor.name: tensor.dims[-1] for tensor in outputs_of(config)}

    for output, spec in load_bundle(MODELS, name).outputs.items():
        assert len(set(spec.labels)) == len(spec.labels) == widths[output]


@pytest.mark.parametrize("name", NAMES)
def test_a_text_model_reads_hostile_text_within_its_bounds(name: str) -> None:
    bundle = load_bundle(MODELS, name)
    if isinstance(bundle.spec, ImageModelSpec):
        assert min(bundle.image_spec().shape) >= 1
        return
    words = isinstance(bundle.spec, WordsSpec)
    encode = word_encoder(bundle).encode if words else text_encoder(bundle).encode_batch

    rows = encode(["", "x" * 100_000, "\u4f60\u597d \U0001f600 caf\u00e9", "plain words"])

    assert all(0 < len(ids) <= bundle.spec.max_tokens for ids in rows if len(ids))
    assert all(ids.dtype == np.int32 and (ids > 0).all() for ids in rows)


def test_no_model_keeps_weights_in_another_file() -> None:
    files = [path for name in NAMES for path in (MODELS / name).rglob("*") if path.is_file()]
    names = {path.name for path in files if not is_of_the_card(path)}

    assert names <= {
        *("config.pbtxt", "gpu.pbtxt", "model.onnx"),
        *("preprocessing.json", "tokenizer.json"),
    }
