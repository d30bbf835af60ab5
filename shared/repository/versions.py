"""Models of a repository and their versions: `<repository>/<model>/<version>/`."""

from collections.abc import Iterator
from pathlib import Path

from shared.repository.config import CONFIG_FILE


def models_in(repository: Path) -> tuple[str, ...]:
    """Return the names of all models that have a config, in alphabetical order."""
    return tuple(sorted(config.parent.name for config in repository.glob(f"*/{CONFIG_FILE}")))


def versions_in(repository: Path, model: str) -> list[str]:
    """Return the versions of a model that have a folder, highest number first."""
    return sorted(_numbered(repository / model), key=int, reverse=True)


def version_folders(repository: Path) -> list[Path]:
    """Return the folders of all versions of all models, by model, oldest version first."""
    models = sorted(path for path in repository.glob("*/") if not path.name.startswith("."))
    return [model / version for model in models for version in sorted(_numbered(model), key=int)]


def _numbered(model: Path) -> Iterator[str]:
    """Yield the names of version folders; a folder without a number is being added, or was removed."""
    return (path.name for path in model.glob("*/") if path.name.isdecimal())
