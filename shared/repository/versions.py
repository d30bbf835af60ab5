"""The versions of a model in a repository."""

from pathlib import Path


def versions_in(repository: Path, model: str) -> list[str]:
    """Return the versions of a model that have a folder, newest first: those with the highest number."""
    found = (path.name for path in (repository / model).glob("*/") if path.name.isdecimal())
    return sorted(found, key=int, reverse=True)
