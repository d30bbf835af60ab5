"""Models of a repository and the figures on their cards."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import ConfigError
from shared.repository.bundle import ModelBundle, load_bundle
from shared.repository.versions import version_folders, versions_in


class Metric(BaseModel):
    """One figure of a model on one set of rows."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    metric: str
    value: float
    """In percent."""

    n: int
    output: str = ""


class Card(BaseModel):
    """The part of a model's card that commands show."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model: str
    version: str
    metrics: tuple[Metric, ...] = ()
    size_bytes: int


def read_cards(repository: Path) -> list[Card]:
    """Return the cards of all versions, by name. Raises ConfigError when there are none, or one is broken."""
    paths = _card_files(repository)
    if not paths:
        raise ConfigError(
            f"{repository} holds no models; run this in the repository, or set TIDEMILL__MODELS_DIR"
        )
    return [_read(path) for path in paths]


def _card_files(repository: Path) -> list[Path]:
    """Return the cards of all versions that have one."""
    return [card for folder in version_folders(repository) if (card := folder / "card.json").is_file()]


def _read(path: Path) -> Card:
    try:
        card = Card.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ConfigError(f"{path}: {first['loc']}: {first['msg']}; check it out again") from None
    # A model that was trained as version 1 is the version that its folder is called.
    return card.model_copy(update={"version": path.parent.name})


def find_model(reference: str, repository: Path) -> ModelBundle:
    """Return the model of a reference: NAME or its folder (its newest version), or NAME@VERSION.

    Raises ConfigError when there is no such model; it lists those that there are.
    """
    name, _, version = reference.partition("@")
    folder = Path(reference) if "/" in reference else repository / name / version
    if not folder.is_dir():
        known = ", ".join(sorted({path.parent.parent.name for path in _card_files(repository)}))
        raise ConfigError(f"there is no model {reference}; {repository} holds {known or 'none'}")
    folder = folder.resolve()
    if not (folder / "preprocessing.json").is_file():
        folder = _newest_version(folder)
    return load_bundle(folder.parent.parent, folder.parent.name, folder.name)


def _newest_version(model: Path) -> Path:
    versions = versions_in(model.parent, model.name)
    if not versions:
        raise ConfigError(f"{model} holds no version of a model; name the folder that has config.pbtxt")
    return model / versions[0]
