"""Everything that one training run is about, gathered before it starts."""

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
    """What a large weight takes in the file that is served."""

    FLOAT = auto()
    HALF = auto()
    """Two bytes, made float32 again when the file is loaded: half the size, the same speed."""

    INT8 = auto()
    """A byte, also in the products: faster on CPUs, except for convolutions."""


COMPARED = "The ways to train it were compared on the test rows too (docs/models.md)."
"""A limit of models whose recipe was chosen so: their figures may be a little lucky."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a reader of the card must know and no program can find out."""

    task: str
    architecture: str = ""
    """The job adds what depends on the command."""

    data: str
    license: str
    warning: str = ""
    """Said first, e.g. that the data are for research only."""

    test_data: Mapping[str, str]
    """Which rows the test of each output was made with."""

    limits: tuple[str, ...]
    rival: str = ""
    """What else was trained on the same rows, and what it came to; the better one ships."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One model to be: its network, its rows, and what its folder will say."""

    config: ModelConfig
    gpu: Placement
    net: Net
    recipe: Recipe
    train: Examples
    valid: Examples
    test: Examples
    spec: Spec
    """Still with temperatures of 1: they are fitted after the training."""

    tokenizer: Tokenizer | None
    example: Tensor
    """A small input, to trace the network with."""

    storage: Storage
    """How the file that is served keeps the large weights."""

    facts: Facts
    outside: Examples | None = None
    """Rows that no label fits: the card says how well they are told from the test rows."""

    respelled: Mapping[str, Examples] = field(default_factory=dict)
    """The test rows written in other ways, by what these are; the card says how well names are found then."""

    augment: Augment = lambda inputs: inputs

    @property
    def model(self) -> str:
        """The name in Triton."""
        return self.config.name


Maker = Callable[[Path, Recipe, str | None], Job]
"""Puts a job together from the folder of data sets, the numbers, and the encoder to start from."""
