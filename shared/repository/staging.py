"""Staging: a folder is written under a hidden name and then takes its place as a whole."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """Yield an empty folder that replaces `target` at the end of the block, or is deleted when it fails.

    It lies beside `target` under a hidden name without a number, so Triton and workers ignore it.
    """
    new, old = (target.with_name(f".{target.name}.{suffix}") for suffix in ("new", "old"))
    _tidy(target, new, old)
    new.mkdir(parents=True)
    try:
        yield new
        if target.exists():
            target.rename(old)
        new.rename(target)
    finally:
        _tidy(target, new, old)


def _tidy(target: Path, new: Path, old: Path) -> None:
    """Remove leftovers. If a process ended between the two renames, the old folder is put back first."""
    if old.exists() and not target.exists():
        old.rename(target)
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
