"""`python -m training.parity MODEL`: checks that a model's files are complete and give the right answers.

A training makes the same checks, and more, on its files before it replaces the old model.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import onnx
import torch
import typer
from numpy.typing import NDArray
from tokenizers import Tokenizer

from shared.errors import IntegrityError
from shared.inference.encoders import text_encoder, word_encoder
from shared.inference.text import PAD_ID, TextEncoder
from shared.inference.words import PIECES, WordEncoder
from shared.repository.bundle import ImageModelSpec, ModelBundle, Spec, WordsSpec, load_bundle
from shared.repository.config import CONFIG_FILE, read_config
from shared.repository.manifest import strange_files
from training.console import console, plain_endings
from training.jobs.job import Job
from training.networks.nets import Net
from training.recipes import Recipe
from training.rows.examples import Examples
from training.scoring.evaluate import Report, logits_of, session_of

_ROWS = 500
_BATCH = 32
_MOST_APART = 1e-4
"""Largest difference between torch and ONNX in float32: thousands of additions in another order."""

_DOMAINS = {"", "ai.onnx", "com.microsoft"}
"""Operator domains that every onnxruntime has: the standard and Microsoft's."""

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command()
def check(
    model: Annotated[str, typer.Argument(help="The name of a trained model.")],
    repository: Annotated[Path, typer.Option(help="Where the model is.")] = Path("triton_models"),
    version: Annotated[str, typer.Option(help="Which version of it.")] = "1",
) -> None:
    """Check the files of MODEL: hashes, operators, and inputs of every size.

    \b
    python -m training.parity support_intent
    """  # noqa: D301 - \b is click's mark for lines to keep
    with plain_endings(lambda: "interrupted; nothing was changed"):
        refuse_unfit_files(load_bundle(repository, model, version))
        console.print(f"{model}: files as the card says, plain ONNX, every batch and length answered")


def refuse_unfit_files(bundle: ModelBundle) -> None:
    """Raise IntegrityError when a version differs from its card, or could not be served everywhere."""
    _refuse_other_files(bundle.folder)
    _refuse_foreign_graph(bundle.folder / "model.onnx")
    _refuse_bound_sizes(bundle)


def refuse_strange_answers(job: Job, bundle: ModelBundle, exact: Path) -> None:
    """Raise IntegrityError when the exported files encode or answer rows otherwise than the training did.

    `exact` is the float32 file.
    """
    rows = (job.test if len(job.test) else job.valid).some(_ROWS, job.recipe.seed)
    if job.tokenizer is not None:
        texts = [job.tokenizer.decode((ids % PIECES).tolist()) for ids in rows.inputs]
        _refuse_other_ids(texts, job.spec, job.tokenizer, bundle)
    if len(rows):
        _refuse_other_numbers(job.net, exact, rows)


def refuse_disagreement(reports: Sequence[Report], recipe: Recipe) -> None:
    """Raise IntegrityError when rounding gave too many rows another label."""
    least = recipe.least_agreement
    for report in reports:
        if report.rounding is not None and report.rounding.agreement < least:
            raise IntegrityError(
                f"{report.output}: rounded and float weights agree on {report.rounding.agreement} % of the "
                f"rows, the recipe asks for {least} %; round less, or name a lower bound there and say why"
            )


def _refuse_other_files(folder: Path) -> None:
    if wrong := strange_files(folder):
        raise IntegrityError(
            f"{folder}: {', '.join(wrong)} not as card.json says; check the folder out again"
        )


def _refuse_foreign_graph(weights: Path) -> None:
    model = onnx.load(weights, load_external_data=False)
    strange = {node.domain for node in model.graph.node} - _DOMAINS
    if strange:
        raise IntegrityError(f"{weights}: operators of {', '.join(sorted(strange))}: other servers lack them")
    if any(onnx.external_data_helper.uses_external_data(tensor) for tensor in model.graph.initializer):
        raise IntegrityError(f"{weights}: some weights lie in another file, which would be lost")


def _refuse_bound_sizes(bundle: ModelBundle) -> None:
    session = session_of(bundle.folder / "model.onnx", threads=2)
    feed = session.get_inputs()[0].name
    most = read_config(bundle.folder.parent / CONFIG_FILE).max_batch_size
    for inputs in _inputs_of_all_sizes(bundle.spec, most, _piece_count(bundle.folder)):
        shape = f"an input of shape {inputs.shape}"
        try:
            answers = session.run(None, {feed: inputs})
        except Exception as error:  # the library has an own class for each reason, and no root of them
            raise IntegrityError(f"{bundle.folder}: no answer to {shape}") from error
        if not all(len(answer) == len(inputs) and np.isfinite(answer).all() for answer in answers):
            raise IntegrityError(f"{bundle.folder}: no proper answer to {shape}")


def _inputs_of_all_sizes(spec: Spec, most: int, pieces: int) -> list[NDArray[Any]]:
    random = np.random.default_rng(1)
    if isinstance(spec, ImageModelSpec):
        shapes = [(batch, *spec.image.shape) for batch in (1, 7, most)]
        return [random.integers(0, 256, shape).astype(np.uint8) for shape in shapes]
    sizes = ((1, 1), (1, spec.max_tokens), (7, 7), (most, 7))
    return [random.integers(PAD_ID + 1, pieces, size).astype(np.int32) for size in sizes]


def _piece_count(folder: Path) -> int:
    path = folder / "tokenizer.json"
    return Tokenizer.from_file(str(path)).get_vocab_size() if path.is_file() else 0


def _refuse_other_ids(texts: Sequence[str], spec: Spec, tokenizer: Tokenizer, bundle: ModelBundle) -> None:
    if isinstance(spec, ImageModelSpec):
        return
    if isinstance(spec, WordsSpec):
        served = word_encoder(bundle).encode(texts)
        trained = WordEncoder(tokenizer, max_tokens=spec.max_tokens).encode(texts)
    else:
        served = text_encoder(bundle).encode_batch(texts)
        trained = TextEncoder(tokenizer, max_tokens=spec.max_tokens).encode_batch(texts)
    if not all(map(np.array_equal, served, trained)):
        raise IntegrityError(f"{bundle.folder}: tokenizer.json reads texts otherwise than in training")


def _refuse_other_numbers(net: Net, exact: Path, rows: Examples) -> None:
    exported = logits_of(exact, rows)
    order = np.argsort(rows.lengths(), kind="stable")
    net.eval()
    for start, batch in zip(range(0, len(rows), _BATCH), rows.batches(_BATCH, order=order), strict=True):
        with torch.no_grad():
            answers = net(torch.from_numpy(batch.input_array()))
        for name, answer in answers.items():
            told = exported[name][order[start : start + _BATCH]]
            # An output a token is as wide as the longest of all rows there.
            apart = np.abs(answer.numpy() - told[:, : answer.shape[1]]).max()
            if apart > _MOST_APART:
                raise IntegrityError(f"{name}: the exported file is {apart:.1e} away from the trained net")


if __name__ == "__main__":
    app()
