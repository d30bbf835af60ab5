"""Files beside a model's weights: tokenizer, labels, calibration and preprocessing."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from shared.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSpec:
    """Size, colour mode and fitting of the images that a model takes.

    `cover_crop` fills the frame and cuts off the rest. `fit` shows the whole image inside borders.
    """

    width: int
    height: int
    mode: Literal["RGB", "L"]
    resize: Literal["cover_crop", "fit"]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width, channels."""
        return (self.height, self.width, len(self.mode))


class Scope(BaseModel):
    """Calibration of the score that tells known inputs from foreign ones, which no label fits.

    The score is made from the energy of the logits, the log of the sum of their exponentials. Known inputs
    have a high energy. Liu et al. 2020, "Energy-based Out-of-distribution Detection".
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    middle: float
    """The energy that gets the score 0.5: 5 % of the validation rows lie below it."""

    steepness: Annotated[float, Field(gt=0)]
    """Increase of the score's log odds when the energy falls by one."""


class OutputSpec(BaseModel):
    """Labels and calibration of one output of logits, float32 [batch, labels] or [batch, tokens, labels]."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: tuple[str, ...]
    """Labels in the order of the columns."""

    temperature: Annotated[float, Field(gt=0)] = 1.0
    """Divisor of the logits before the softmax; it makes the confidences calibrated."""

    scope: Scope | None = None
    """None when it was not measured."""


class TextSpec(BaseModel):
    """Preprocessing of a model that labels a text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["text"] = "text"
    max_tokens: Annotated[int, Field(ge=2)]
    outputs: Mapping[str, OutputSpec]


class WordsSpec(BaseModel):
    """Preprocessing of a model that labels each word of a text; its outputs have one row per piece."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["words"] = "words"
    max_tokens: Annotated[int, Field(ge=2)]
    outputs: Mapping[str, OutputSpec]


class ImageModelSpec(BaseModel):
    """Preprocessing of a model that labels an image."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["image"] = "image"
    width: Annotated[int, Field(ge=1)]
    height: Annotated[int, Field(ge=1)]
    mode: Literal["RGB", "L"]
    resize: Literal["cover_crop", "fit"]
    outputs: Mapping[str, OutputSpec]

    @property
    def image(self) -> ImageSpec:
        """The part that `decode_image` takes."""
        return ImageSpec(width=self.width, height=self.height, mode=self.mode, resize=self.resize)


Spec = TextSpec | WordsSpec | ImageModelSpec
_PREPROCESSING: TypeAdapter[Spec] = TypeAdapter(Annotated[Spec, Field(discriminator="kind")])


_KINDS = {
    "text": ("text", "a text stream"),
    "words": ("text and labels its words", "a stream of its own"),
    "image": ("images", "an image stream"),
}
"""Input of each kind of model, and the stream that carries it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelBundle:
    """One version of a model as its folder describes it; the weights stay with Triton.

    A bundle is equal to itself only, so it can be a key.
    """

    model: str
    version: str
    folder: Path
    spec: Spec
    preprocessing_hash: str

    @property
    def outputs(self) -> Mapping[str, OutputSpec]:
        """The outputs that are logits, by tensor name."""
        return self.spec.outputs

    @property
    def tokenizer_json(self) -> Path:
        """Path of the tokenizer; an image model has none."""
        return self.folder / "tokenizer.json"

    def text_spec(self) -> TextSpec:
        """Return the preprocessing of a text model. Raises ConfigError for another kind of model."""
        if not isinstance(self.spec, TextSpec):
            raise self._unfit()
        return self.spec

    def words_spec(self) -> WordsSpec:
        """Return the preprocessing of a model of words. Raises ConfigError for another kind of model."""
        if not isinstance(self.spec, WordsSpec):
            raise self._unfit()
        return self.spec

    def image_spec(self) -> ImageSpec:
        """Return the image format of an image model. Raises ConfigError for another kind of model."""
        if not isinstance(self.spec, ImageModelSpec):
            raise self._unfit()
        return self.spec.image

    def _unfit(self) -> ConfigError:
        takes, stream = _KINDS[self.spec.kind]
        return ConfigError(f"{self.model} takes {takes}: give it {stream}")


def load_bundle(repository: Path, model: str, version: str = "1") -> ModelBundle:
    """Return the bundle in `<repository>/<model>/<version>/`.

    Raises ConfigError when the folder is missing or broken: check it out again, or train the model.
    """
    folder = repository / model / version
    try:
        spec = _PREPROCESSING.validate_json((folder / "preprocessing.json").read_bytes())
    except (OSError, ValidationError) as error:
        first_line = str(error).splitlines()[0]
        raise ConfigError(
            f"{folder}: no usable preprocessing.json ({first_line}); run `make train MODEL={model}`"
        ) from error
    if not isinstance(spec, ImageModelSpec) and not (folder / "tokenizer.json").is_file():
        raise ConfigError(f"{folder}: tokenizer.json is missing; run `make train MODEL={model}`")
    return ModelBundle(
        model=model,
        version=version,
        folder=folder,
        spec=spec,
        preprocessing_hash=preprocessing_hash(folder),
    )


def preprocessing_hash(folder: Path) -> str:
    """Return the sha256, in hex, over `tokenizer.json` (if any) followed by `preprocessing.json`."""
    digest = hashlib.sha256()
    for name in ("tokenizer.json", "preprocessing.json"):
        path = folder / name
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()
