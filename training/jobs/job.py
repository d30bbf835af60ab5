"""Job: all inputs of one training, put together before it starts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

from tokenizers import Tokenizer
from torch import Tensor

from shared.repository.bundle import Spec
from shared.repository.config import ModelConfig, Placement
from training.fitting.train import Augment
from training.networks.nets import Net
from training.recipes import Recipe
from training.rows.examples import Examples


class Storage(Enum):
    """Number format of the large weights in the served file."""

    FLOAT = auto()
    HALF = auto()
    """float16 in the file, widened to float32 when it is loaded: half the size at the same speed."""

    INT8 = auto()
    """int8 in the file and in the products: faster on CPUs, except for convolutions."""


COMPARED = "The ways to train it were compared on the test rows too (docs/models.md)."
"""Limit of a model whose recipe was chosen with the help of test rows: its figures may be a little high."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Facts for the reader of a card that no program can find out."""

    task: str
    architecture: str = ""
    """The job adds the parts that depend on the command."""

    data: str
    license: str
    warning: str = ""
    """First line of the card, such as that the data are for research only."""

    test_data: Mapping[str, str]
    """Test rows of each output."""

    limits: tuple[str, ...]
    rival: str = ""
    """Another network that was trained on the same rows, and its figures; the better one ships."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Inputs of one training: network, rows, recipe, and the content of the model's folder."""

    config: ModelConfig
    gpu: Placement
    net: Net
    recipe: Recipe
    train: Examples
    valid: Examples
    test: Examples
    spec: Spec
    """With temperatures of 1; they are fitted after the training."""

    tokenizer: Tokenizer | None
    example: Tensor
    """A small input for tracing the network."""

    storage: Storage
    """Number format of the large weights in the served file."""

    facts: Facts
    outside: Examples | None = None
    """Rows that no label fits; the card says how well the model tells them from the test rows."""

    respelled: Mapping[str, Examples] = field(default_factory=dict)
    """The test rows in other spellings, by their name; the card says how well names are found in them."""

    augment: Augment = lambda inputs: inputs

    @property
    def model(self) -> str:
        """Name of the model in Triton."""
        return self.config.name


Maker = Callable[[Path, Recipe, str | None], Job]
"""Makes a job from the folder of data sets, the recipe, and the encoder to start from."""
