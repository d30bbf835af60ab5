"""Input tensors of the models, made from a batch of encoded items."""

from collections.abc import Sequence

import numpy as np

from shared.inference.image import Pixels
from shared.inference.port import Arrays
from shared.inference.text import Ids, pad


def text_inputs(batch: Sequence[Ids]) -> Arrays:
    """Return `input_ids`, int32 [batch, longest], padded at the end."""
    return {"input_ids": pad(batch, max(len(ids) for ids in batch))}


def image_inputs(batch: Sequence[Pixels]) -> Arrays:
    """Return `pixels`, uint8 [batch, height, width, channels]."""
    return {"pixels": np.stack(batch)}
