"""A worker serves only the model that its tokenizer, labels and images belong to."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shared.errors import ConfigError
from shared.inference.port import ModelSpec, TensorSpec
from shared.repository.bundle import ImageModelSpec, ModelBundle, OutputSpec, TextSpec
from shared.repository.config import hash_parameter
from shared.serving.compatibility import check_fits, width_of

OUTPUTS = {"logits": OutputSpec(labels=("a", "b"))}
BUNDLE = ModelBundle(
    model="tone",
    version="1",
    folder=Path("triton_models/tone/1"),
    spec=TextSpec(max_tokens=9, outputs=OUTPUTS),
    preprocessing_hash="ab" * 32,
)
IMAGES = replace(BUNDLE, spec=ImageModelSpec(width=3, height=2, mode="RGB", resize="fit", outputs=OUTPUTS))
SERVED = ModelSpec(
    model="tone",
    version="1",
    inputs={"pixels": TensorSpec(np.dtype(np.uint8), (2, 3, 3))},
    outputs={"logits": TensorSpec(np.dtype(np.float32), (2,))},
    max_batch_size=1,
    parameters={hash_parameter("1"): "ab" * 32},
)
OTHER_HASH = {hash_parameter("1"): "cd" * 32, hash_parameter("2"): "ab" * 32}
THREE_LABELS = {"logits": TensorSpec(np.dtype(np.float32), (3,))}
LARGER = {"pixels": TensorSpec(np.dtype(np.uint8), (4, 3, 3))}

UNFIT: dict[str, tuple[Callable[[ModelSpec], ModelSpec], str]] = {
    "another tokenizer": (lambda served: replace(served, parameters=OTHER_HASH), "TIDEMILL__MODELS_DIR"),
    "another number of labels": (lambda served: replace(served, outputs=THREE_LABELS), "2 labels"),
    "no logits": (lambda served: replace(served, outputs={}), "make train MODEL=tone"),
    "another size of images": (lambda served: replace(served, inputs=LARGER), r"\(2, 3, 3\)"),
}


@pytest.mark.parametrize("bundle", [BUNDLE, IMAGES])
def test_a_model_that_belongs_to_our_files_is_taken(bundle: ModelBundle) -> None:
    check_fits(SERVED, bundle)


@pytest.mark.parametrize("what", UNFIT)
def test_a_model_that_was_made_for_other_files_is_refused(what: str) -> None:
    spoil, complaint = UNFIT[what]

    with pytest.raises(ConfigError, match=complaint):
        check_fits(spoil(SERVED), IMAGES)


def test_an_output_is_as_wide_as_the_model_says() -> None:
    assert width_of("logits", SERVED) == 2
