"""Manifest of a version: the hash of each file, compared with the hashes in its card."""

import hashlib
import json
from pathlib import Path

from shared.errors import ConfigError

CARD_FILES = ("card.json", "card.md", "reliability.svg", "coverage.svg", "confusion.svg", "learning.svg")
"""Files that describe a version. They may be written again, so the manifest leaves them out."""


def manifest(folder: Path) -> dict[str, str]:
    """Return the sha256, in hex, of each file of a version except those of its card."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.name not in CARD_FILES
    }


def strange_files(folder: Path) -> list[str]:
    """Return the names of files that are missing, changed or unknown to the card.

    Raises ConfigError when `card.json` can't be used: copy or train the version again.
    """
    try:
        told: dict[str, str] = json.loads((folder / "card.json").read_bytes())["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"there is no usable card.json ({error!r}); copy or train it again") from error
    there = manifest(folder)
    return sorted(name for name in {*told, *there} if told.get(name) != there.get(name))
