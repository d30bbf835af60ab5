"""Jobs of the two CNNs."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from evaluation import datasets as data
from shared.errors import ConfigError, RejectedError
from shared.inference.image import Pixels, decode_image
from shared.repository.bundle import ImageModelSpec, ImageSpec, OutputSpec
from shared.repository.config import ModelConfig, Placement, TensorConfig
from training.jobs.job import COMPARED, Facts, Job, Storage
from training.networks.backbones import BACKBONES, FEATURES
from training.networks.nets import DigitClassifier, PhotoClassifier
from training.recipes import Recipe, digit, dish_photo
from training.rows.augment import relit, some_inverted, warped
from training.rows.examples import Examples

_MARGIN = 1.25
"""Training photos are decoded this much larger than the network's input: room for random crops."""

_TENSORRT = {"precision_mode": "FP16", "max_workspace_size_bytes": "1073741824"}
_GPU = Placement(kind="GPU", tensorrt=_TENSORRT)


def digit_job(root: Path, recipe: Recipe) -> Job:
    """Return the job of a classifier of handwritten digits."""
    train_rows, test_rows = data.digits(root)
    examples = Examples(train_rows.pixels, {"logits": train_rows.labels})
    train, valid = examples.split(recipe.valid_share, recipe.seed)
    labels = tuple("0123456789")
    spec = ImageModelSpec(
        width=digit.PIXELS,
        height=digit.PIXELS,
        mode="L",
        resize="fit",
        outputs={"logits": OutputSpec(labels=labels)},
    )
    return Job(
        config=_config("digit", spec),
        gpu=_GPU,
        net=DigitClassifier(dropout=recipe.dropout),
        recipe=recipe,
        train=train,
        valid=valid,
        test=Examples(test_rows.pixels, {"logits": test_rows.labels}),
        spec=spec,
        tokenizer=None,
        example=torch.zeros((2, *spec.image.shape), dtype=torch.uint8),
        storage=Storage.HALF,
        facts=_DIGIT_FACTS,
        augment=_augment_digits,
    )


def dish_photo_job(root: Path, recipe: Recipe) -> Job:
    """Return the job of a classifier of ten dishes."""
    return _dish_job("dish_photo", dish_photo.BACKBONE, root, recipe, rival=_RIVAL)


def dish_photo_rival_job(root: Path, recipe: Recipe) -> Job:
    """Return the same job with the network that does not ship, for comparison."""
    return _dish_job("dish_photo_rival", dish_photo.RIVAL, root, recipe)


def _dish_job(model: str, backbone: str, root: Path, recipe: Recipe, *, rival: str = "") -> Job:
    names, train_rows, test_rows = data.dishes(root)
    features = BACKBONES[backbone](root)
    spec = ImageModelSpec(
        width=dish_photo.SERVE_PIXELS,
        height=dish_photo.SERVE_PIXELS,
        mode="RGB",
        resize="cover_crop",
        outputs={"logits": OutputSpec(labels=names)},
    )
    larger = round(dish_photo.TRAIN_PIXELS * _MARGIN)
    shown = spec.model_copy(update={"width": larger, "height": larger})
    order = np.random.default_rng(recipe.seed).permutation(len(train_rows.labels))
    cut = round(recipe.valid_share * len(order))
    return Job(
        config=_config(model, spec),
        gpu=_GPU,
        net=PhotoClassifier(features, features=FEATURES, classes=len(names), dropout=recipe.dropout),
        recipe=recipe,
        train=_photo_examples(train_rows, order[cut:], shown),
        valid=_photo_examples(train_rows, order[:cut], spec),
        test=_photo_examples(test_rows, np.arange(len(test_rows.labels)), spec),
        spec=spec,
        tokenizer=None,
        example=torch.zeros((2, *spec.image.shape), dtype=torch.uint8),
        storage=Storage.HALF,
        facts=replace(
            _DISH_FACTS,
            architecture=f"{backbone}, padded like TensorFlow's, from ImageNet (Apache-2.0), all tuned",
            rival=rival,
        ),
        augment=_augment_dishes,
    )


def _augment_digits(pixels: Tensor) -> Tensor:
    return some_inverted(warped(pixels, digit.WARP, digit.PIXELS), digit.DARK_INK_SHARE)


def _augment_dishes(pixels: Tensor) -> Tensor:
    return relit(warped(pixels, dish_photo.WARP, dish_photo.TRAIN_PIXELS), dish_photo.LIGHT)


def _photo_examples(rows: data.PhotoRows, chosen: NDArray[np.int64], spec: ImageModelSpec) -> Examples:
    decode = partial(_decoded, spec=spec.image)
    with ThreadPoolExecutor() as pool:
        names, files = ([part[row] for row in chosen] for part in (rows.names, rows.files))
        pixels = list(pool.map(decode, names, files))
    return Examples(np.stack(pixels), {"logits": rows.labels[chosen]})


def _decoded(name: str, content: bytes, spec: ImageSpec) -> Pixels:
    try:
        return decode_image(content, spec)
    except RejectedError as error:
        raise ConfigError(f"{name}: {error}; replace the photo, or take it out") from error


def _config(model: str, spec: ImageModelSpec) -> ModelConfig:
    return ModelConfig(
        name=model,
        inputs=(TensorConfig("pixels", "UINT8", spec.image.shape),),
        outputs=(TensorConfig("logits", "FP32", (len(spec.outputs["logits"].labels),)),),
        max_batch_size=32,
        parameters={"intra_op_thread_count": "1"},
    )


_DIGIT_FACTS = Facts(
    task="Reads one handwritten digit, bright on dark or dark on bright.",
    architecture="five 3 x 3 convolutions with batch normalisation, one linear head on all 7 x 7 places",
    data="mnist, 60,000 digits of 28 x 28 pixels, half of them inverted on the fly",
    license="CC BY-SA 3.0, as usually stated for MNIST",
    test_data={"logits": "mnist, official test set"},
    limits=(
        "One digit an image, large and near the centre; an image without a digit gets a digit too.",
        "The digits were written by American clerks and pupils: crossed sevens are rare in them.",
        COMPARED,
    ),
)
_RIVAL = (
    "EfficientNet-Lite0 came to 86.09 % on the same rows, calibration error 4.29 %, in 6.8 MB:"
    " all layers tuned, 8 epochs with 160 pixels, served with 192."
)
_DISH_FACTS = Facts(
    warning="For research only: the photos belong to their owners, and only fair scientific use is free.",
    task="Tells which of ten dishes a photo shows.",
    data="food10, 3,750 photos of ten Food-101 dishes, some of them with wrong labels",
    license="none for the photos (Foodspotting); research fair use",
    test_data={"logits": "food10, reviewed Food-101 test photos"},
    limits=(
        "Any other dish, or no dish at all, gets one of the ten names too. Mind the confidence.",
        "Photos of restaurant plates from one web site, around 2010.",
        COMPARED,
        "With so few photos trainings differ: on another processor the same recipe came to 87.83 %.",
        "Confidences were fitted on 188 photos: with other 188 (seed 8) the calibration error was 4.03 %.",
    ),
)
