"""A disk so small that it can be filled: a tmpfs."""

import contextlib
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
                os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(self.folder).free)
            yield
        finally:
            ballast.unlink(missing_ok=True)


def _run(*command: str) -> None:
    # A refusal is no error: the one fault that needs the disk is left out then.
    subprocess.run(command, check=False, capture_output=True)
