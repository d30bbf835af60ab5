"""A disk so small that it can be filled: a tmpfs."""

import contextlib
import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

SIZE_BYTES = 3 * 1024**3


class SmallDisk:
    """A folder with a file system of its own, where this user may mount one; else an ordinary folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def is_mounted(self) -> bool:
        """Whether it can be filled."""
        return self.folder.is_mount()

    @contextlib.contextmanager
    def mounted(self) -> Iterator["SmallDisk"]:
        """Mount it, if that is allowed (it takes root), until the block ends."""
        self.folder.mkdir(parents=True)
        _run("mount", "-t", "tmpfs", "-o", f"size={SIZE_BYTES}", "tidemill-chaos", str(self.folder))
        try:
            yield self
        finally:
            if self.is_mounted:
                _run("umount", "--lazy", str(self.folder))

    @contextlib.contextmanager
    def full(self) -> Iterator[None]:
        """Leave no byte free until the block ends."""
        ballast = self.folder / "ballast"
        try:
            with ballast.open("wb") as file:
                _fill(file.fileno(), self.folder)
            yield
        finally:
            ballast.unlink(missing_ok=True)


def _run(*command: str) -> None:
    # A refusal is no error: the one fault that needs the disk is left out then.
    subprocess.run(command, check=False, capture_output=True)


def _fill(descriptor: int, folder: Path) -> None:
    """Take all free space of a folder's disk for a file; again where a broker took some of it meanwhile."""
    while free_bytes := shutil.disk_usage(folder).free:
        try:
            return os.posix_fallocate(descriptor, 0, free_bytes)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
    return None
