"""Triton answers real rows with the very numbers of the file that it serves."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from shared.inference.encoders import text_encoder, word_encoder

pytest.importorskip("onnxruntime", reason="the training extra is not installed")

from deploy.local.paths import MODELS
from deploy.local.stack import Addresses
from evaluation import datasets as data
from evaluation.tagged import conll2003
from shared.inference.image import decode_image
from shared.inference.triton import TritonRunner
from shared.repository.bundle import ImageModelSpec, ModelBundle, TextSpec, WordsSpec, load_bundle
from shared.repository.versions import models_in
from training.rows.examples import Examples
from training.scoring.evaluate import logits_of

NAMES = models_in(MODELS)
ROWS = 500
BATCH = 32


@pytest.fixture
async def runner(triton: Addresses) -> AsyncIterator[TritonRunner]:
    runner = TritonRunner(triton.triton_grpc)
    yield runner
    await runner.aclose()


def texts(model: str, root: Path) -> Sequence[str]:
    """Return what the model was made for; models that are made for nothing get a bank's questions."""
    if model == "news_tone":
        return data.finance_topics(root).test.texts
    if model == "review_sentiment":
        return data.reviews(root).test.texts
    return data.banking77(root).test.texts


def real_rows(bundle: ModelBundle, root: Path) -> Examples:
    if isinstance(bundle.spec, TextSpec):
        return Examples(text_encoder(bundle).encode_batch(texts(bundle.model, root)[:ROWS]), {})
    if isinstance(bundle.spec, WordsSpec):
        headlines = [" ".join(words) for words in conll2003(root).test.words[:ROWS]]
        return Examples(word_encoder(bundle).encode(headlines), {})
    if bundle.model == "digit":
        return Examples(data.digits(root)[1].pixels[:ROWS], {})
    photos = data.dishes(root)[2].files[:ROWS]
    return Examples(np.stack([decode_image(photo, bundle.image_spec()) for photo in photos]), {})


@pytest.mark.parametrize("model", NAMES)
async def test_triton_gives_real_rows_the_numbers_of_the_file(
    model: str, runner: TritonRunner, data_dir: Path
) -> None:
    bundle = load_bundle(MODELS, model)
    rows = real_rows(bundle, data_dir)
    wanted = logits_of(bundle.folder / "model.onnx", rows)
    feed = "pixels" if isinstance(bundle.spec, ImageModelSpec) else "input_ids"
    order = np.argsort(rows.lengths(), kind="stable")
    starts = range(0, len(rows), BATCH)

    batches = list(rows.batches(BATCH, order=order))
    answers = [await runner.infer(model, "1", {feed: rows.input_array()}, list(wanted)) for rows in batches]

    for start, answer in zip(starts, answers, strict=True):
        for name, numbers in wanted.items():
            got, expected = answer[name], numbers[order[start : start + BATCH]]
            # An output a token is there as wide as the longest of all rows.
            np.testing.assert_allclose(got, expected[:, : got.shape[1]], atol=1e-4)
