"""Writer of a model folder: weights, preprocessing, both configs and the card."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
import torch
from torch import Tensor, nn

from shared.errors import ConfigError
from shared.repository.bundle import load_bundle, preprocessing_hash
from shared.repository.config import (
    CONFIG_FILE,
    CONFIGS_FOLDER,
    ModelConfig,
    Placement,
    TensorConfig,
    hash_parameter,
    write_config,
)
from shared.repository.staging import staged
from training.card import card_of
from training.cards.content import Card, Run
from training.cards.page import write_card
from training.jobs.job import Job, Storage
from training.networks.nets import Net
from training.parity import refuse_disagreement, refuse_strange_answers, refuse_unfit_files
from training.scoring.evaluate import calibrated, logits_of
from training.shrinking.compress import with_half_weights, with_int8_matrices, with_small_embeddings

VERSION = "1"
_OPSET = 17
"""ONNX operator set that every Triton release of recent years supports."""

_CALIBRATION_ROWS = 512
"""Training rows that set the ranges of int8 values; more rows gave no more accuracy."""


class _Traceable(nn.Module):
    """Adapter for the ONNX exporter, which takes outputs as tuples only."""

    def __init__(self, net: Net) -> None:
        super().__init__()
        self._net = net

    def forward(self, inputs: Tensor) -> tuple[Tensor, ...]:
        return tuple(self._net(inputs).values())


def write_onnx(net: Net, config: ModelConfig, example: Tensor, path: Path) -> None:
    """Write `net` as one ONNX file with free batch and text sizes."""
    axes = {0: "batch"} | ({1: "tokens"} if config.inputs[0].dims == (-1,) else {})
    names = [output.name for output in config.outputs]
    with warnings.catch_warnings():
        # The tracing exporter is deprecated, but the int8 form was measured on its graphs.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Traceable(net).eval(),
            (example,),
            str(path),
            dynamo=False,
            opset_version=_OPSET,
            input_names=[config.inputs[0].name],
            output_names=names,
            dynamic_axes={config.inputs[0].name: axes, **_free_axes(config.outputs)},
        )
    onnx.checker.check_model(str(path))


def _free_axes(outputs: Sequence[TensorConfig]) -> dict[str, dict[int, str]]:
    return {each.name: {0: "batch"} | ({1: "tokens"} if -1 in each.dims else {}) for each in outputs}


def refuse_other_versions(repository: Path, model: str) -> None:
    """Raise ConfigError when a training would delete other versions of the model.

    They may be in service, or kept for a rollback.
    """
    folder = repository / model
    others = sorted(path.name for path in folder.glob("*/") if path.name not in {VERSION, CONFIGS_FOLDER})
    if others:
        raise ConfigError(
            f"{folder} holds other versions too ({', '.join(others)}); train into a folder of its own, "
            "--out DIR, and bring the result into service: tidemill models add DIR/" + model
        )


def write_model(job: Job, repository: Path, run: Run, *, others: Sequence[Mapping[str, float]] = ()) -> Card:
    """Write `<repository>/<model>/`, replacing its old content, and return the card.

    All files are written and tested aside first, so a failed run leaves the old model. `others` are the
    figures of trainings with other seeds, for the card only. Raises IntegrityError when the files and the
    trained network give different answers.
    """
    with staged(repository / job.model) as aside:
        folder = aside / VERSION
        folder.mkdir()
        card = _write_version(job, folder, run, others)
        _write_configs(job.config, job.gpu, aside)
        _refuse_unfit(job, card, folder)
        _float_file(folder).unlink(missing_ok=True)
    return card


def trial_card(job: Job, run: Run) -> Card:
    """Return the card that this training's model would have; no file is kept and no check is made."""
    with TemporaryDirectory() as trial:
        folder = Path(trial) / VERSION
        folder.mkdir()
        return _write_version(job, folder, run, ())


def _refuse_unfit(job: Job, card: Card, folder: Path) -> None:
    """Raise IntegrityError when the written files must not replace the old ones."""
    bundle = load_bundle(folder.parent.parent, folder.parent.name, folder.name)
    exact = _float_file(folder)
    refuse_unfit_files(bundle)
    refuse_strange_answers(job, bundle, exact if exact.is_file() else folder / "model.onnx")
    refuse_disagreement(card.reports, job.recipe)


def _float_file(folder: Path) -> Path:
    """Return the path of the float file that a rounded one is made from, kept until both are compared."""
    return folder.with_name("exact.onnx")


def _write_version(job: Job, folder: Path, run: Run, others: Sequence[Mapping[str, float]]) -> Card:
    weights, exact = folder / "model.onnx", _float_file(folder)
    parameter_count = sum(weight.numel() for weight in job.net.parameters())
    _write_weights(job, weights, exact)
    if job.tokenizer is not None:
        job.tokenizer.no_truncation()
        job.tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    spec = job.spec.model_copy(update={"outputs": _fitted(job, weights)})
    (folder / "preprocessing.json").write_text(spec.model_dump_json(indent=1) + "\n")
    float_file = exact if exact.is_file() else None
    run = replace(run, parameters=parameter_count)
    card = card_of(job, folder, spec.outputs, run=run, exact=float_file).with_seeds(others)
    write_card(card, folder)
    return card


def _write_weights(job: Job, path: Path, exact: Path) -> None:
    """Write the served file; when it is rounded, also `exact`, the network as it was trained."""
    if job.storage is Storage.FLOAT:
        write_onnx(job.net, job.config, job.example, path)
        return
    write_onnx(job.net, job.config, job.example, exact)
    write_rounded(job, job.net, path, job.storage)


def write_rounded(job: Job, net: Net, path: Path, storage: Storage) -> None:
    """Write `net` as one ONNX file with small embedding tables and the other weights in `storage`.

    It has the inputs of `job`'s net; the job's rows set the ranges of int8 values.
    """
    with TemporaryDirectory() as aside:
        small = Path(aside) / "small.onnx"
        write_onnx(with_small_embeddings(net), job.config, job.example, small)
        if storage is Storage.HALF:
            with_half_weights(small, path)
        else:
            with_int8_matrices(small, path, job.train.some(_CALIBRATION_ROWS, job.recipe.seed))


def _fitted(job: Job, weights: Path) -> Mapping[str, object]:
    """Return the outputs of the job's spec with fitted temperatures and scopes."""
    if not len(job.valid):
        return job.spec.outputs
    logits = logits_of(weights, job.valid)
    return {
        name: calibrated(
            output,
            logits[name],
            job.valid.targets[name],
            mislabelled_share=job.recipe.mislabelled_share,
        )
        for name, output in job.spec.outputs.items()
    }


def _write_configs(config: ModelConfig, gpu: Placement, folder: Path) -> None:
    hashes = {hash_parameter(VERSION): preprocessing_hash(folder / VERSION)}
    on_cpu = replace(config, parameters={**config.parameters, **hashes})
    # The thread counts in `parameters` are for CPUs.
    on_gpu = replace(config, placement=gpu, parameters=hashes)
    (folder / CONFIGS_FOLDER).mkdir()
    write_config(on_cpu.message(), folder / CONFIG_FILE)
    write_config(on_gpu.message(), folder / CONFIGS_FOLDER / "gpu.pbtxt")
