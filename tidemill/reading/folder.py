"""Images of a folder and of the folders below it."""

import base64
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid5

from PIL import Image

from shared.errors import ConfigError
from shared.events import ImageKind
from shared.events.image import IMAGE_MAX_BYTES
from shared.inference.image import FORMATS
from tidemill.reading.converter import converted
from tidemill.reading.files import printable
from tidemill.reading.found import Found, LeftOut, Reading
from tidemill.reading.photos import (
    HEIC_CURE,
    HEIC_SUFFIXES,
    UnfitError,
    converts_heic,
    is_heic,
)

Convert = Callable[[bytes], bytes]

_HIDDEN = "hidden"
_CONVERTED = "converted from HEIC"
_SHRUNK = "made smaller"


@dataclass(frozen=True, slots=True)
class ImageFolder:
    """The images of a folder, and what is in it besides, by kind."""

    folder: Path
    paths: tuple[Path, ...]
    """Images by their names, in the order of their paths."""

    passed_over: Counter[str]

    def rows(
        self, kind: ImageKind, namespace: UUID, *, shrink: bool = False, convert: Convert = converted
    ) -> Reading:
        """Yield one row an image, read when its turn comes; its path in the folder is the case.

        `convert` returns a photo as a JPEG that can be sent, or raises UnfitError.
        """
        for number, path in enumerate(self.paths, start=1):
            name = printable(str(path.relative_to(self.folder)))
            try:
                content, note = _fit(_content(path), convert, shrink=shrink)
            except OSError as error:
                yield LeftOut(name, _why(path, error))
            except UnfitError as error:
                yield LeftOut(name, str(error))
            else:
                encoded = base64.b64encode(content).decode()
                case = f"{printable(self.folder.name)}/{name} {encoded}"
                row = {
                    "event_id": uuid5(namespace, case),
                    "case_id": name,
                    "kind": kind,
                    "content": encoded,
                }
                yield Found(number, name, row, note)

    def passed_over_line(self) -> str:
        """Return what is passed over by kind, on one line; empty when nothing is."""
        by_count = sorted(self.passed_over.items(), key=lambda each: (-each[1], each[0]))
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in by_count)
        cure = f" ({HEIC_CURE})" if HEIC_SUFFIXES & set(self.passed_over) else ""
        return f"passed over: {kinds}{cure}" if kinds else ""


def image_folder(folder: Path) -> ImageFolder:
    """Return what the folder holds. Raises ConfigError when it can't be read, or holds no image."""
    suffixes = {suffix for suffix, kind in Image.registered_extensions().items() if kind in FORMATS}
    wanted = suffixes | HEIC_SUFFIXES if converts_heic() else suffixes
    paths: list[Path] = []
    found = ImageFolder(folder, (), Counter())
    for path, kind in _files(folder):
        if kind in wanted:
            paths.append(path)
        else:
            found.passed_over[kind] += 1
    if not paths:
        raise ConfigError(f"{folder} holds nothing to play; {found.passed_over_line() or 'it is empty'}")
    return ImageFolder(folder, tuple(sorted(paths)), found.passed_over)


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield each file with its kind, which is its ending in small letters, or a word."""
    closed: list[OSError] = []
    for place, folders, files in os.walk(folder, onerror=closed.append):
        here = Path(place)
        for name in sorted(folders):
            if name.startswith(".") or (here / name).is_symlink():
                folders.remove(name)
                yield here / name, _HIDDEN if name.startswith(".") else "link to a folder"
        for name in files:
            suffix = printable((here / name).suffix.lower())
            yield here / name, _HIDDEN if name.startswith(".") else suffix or "without an ending"
    yield from ((Path(error.filename), "unreadable folder") for error in closed)


def _content(path: Path) -> bytes:
    if not stat.S_ISREG(path.stat().st_mode):  # a named pipe would never end
        raise UnfitError("no regular file")
    content = path.read_bytes()
    if not content:
        raise UnfitError("the file is empty")
    return content


def _fit(content: bytes, convert: Convert, *, shrink: bool) -> tuple[bytes, str]:
    """Return an image that can be sent, and the remark on how it was made. Raises UnfitError."""
    if is_heic(content):
        return convert(content), _CONVERTED
    if len(content) <= IMAGE_MAX_BYTES:
        return content, ""
    if shrink:
        return convert(content), _SHRUNK
    size = f"{len(content) / 1024:,.0f} KiB, allowed are {IMAGE_MAX_BYTES // 1024}"
    raise UnfitError(f"{size}; --shrink sends it smaller")


def _why(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError) and path.is_symlink():
        return f"a link to {printable(str(path.readlink()))}, which is not there"
    return error.strerror or str(error)
