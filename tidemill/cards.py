"""The cards of the models in a repository."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import ConfigError


class Metric(BaseModel):
    """How good a model is at one thing."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    metric: str
    value: float
    """Percent."""

    n: int
    output: str = ""


class Card(BaseModel):
    """What a model says of itself."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model: str
    version: str
    metrics: tuple[Metric, ...] = ()
    size_bytes: int


def read_cards(repository: Path) -> list[Card]:
    """Return the cards of all versions, by name. Raises ConfigError when there are none, or one is broken."""
    paths = sorted(repository.glob("*/*/card.json"))
    if not paths:
        raise ConfigError(
            f"{repository} holds no models; run this in the repository, or set TIDEMILL__MODELS_DIR"
        )
    return [_read(path) for path in paths]


def _read(path: Path) -> Card:
    try:
        return Card.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ConfigError(f"{path}: {first['loc']}: {first['msg']}; check it out again") from None
