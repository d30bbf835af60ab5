"""Image files of unusual kinds, made by code."""

import io
import random
import struct
import zlib
from typing import Final

from PIL import Image, ImageDraw

_SIDE_PX: Final = 96
_ROWS_AT_ONCE: Final = 500


def truncated_jpeg() -> bytes:
    """Return the first half of a JPEG file."""
    whole = _saved(_seven("RGB"), "JPEG")
    return whole[: len(whole) // 2]


def animated_gif() -> bytes:
    """Return a GIF of three frames."""
    file = io.BytesIO()
    frames = [_seven("L", shift_px=shift) for shift in (0, 4, 8)]
    frames[0].save(file, format="GIF", save_all=True, append_images=frames[1:], duration=100)
    return file.getvalue()


def cmyk_jpeg() -> bytes:
    """Return a JPEG in printing colours."""
    return _saved(_seven("RGB").convert("CMYK"), "JPEG")


def sixteen_bit_png() -> bytes:
    """Return a greyscale PNG with 16 bits a pixel."""
    return _saved(_seven("I").point(lambda value: value * 257).convert("I;16"), "PNG")


def palette_png() -> bytes:
    """Return a PNG of indexed colours, its background transparent."""
    file = io.BytesIO()
    _seven("P").save(file, format="PNG", transparency=0)
    return file.getvalue()


def noise_png(side_px: int) -> bytes:
    """Return a square colour PNG that does not compress: about 3 bytes a pixel."""
    noise = random.Random(7).randbytes(side_px * side_px * 3)  # noqa: S311 - an image, no secret
    return _saved(Image.frombytes("RGB", (side_px, side_px), noise), "PNG")


def blank_png(width_px: int, height_px: int) -> bytes:
    """Return a black-and-white PNG of any size, also of sizes that no drawing library writes."""
    header = struct.pack(">IIBBBBB", width_px, height_px, 1, 0, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", header),
            _chunk(b"IDAT", _blank_rows(width_px, height_px)),
            _chunk(b"IEND", b""),
        )
    )


def _blank_rows(width_px: int, height_px: int) -> bytes:
    # In pieces: the rows of the largest bomb take 50 MB, compressed they take 50 KB.
    packer = zlib.compressobj(9)
    row = bytes(1 + (width_px + 7) // 8)
    full, rest = divmod(height_px, _ROWS_AT_ONCE)
    pieces = [packer.compress(row * _ROWS_AT_ONCE) for _ in range(full)]
    return b"".join((*pieces, packer.compress(row * rest), packer.flush()))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _seven(mode: str, *, shift_px: int = 0) -> Image.Image:
    """Return a thick seven, so an unusual file shows something to recognise."""
    image = Image.new("L", (_SIDE_PX, _SIDE_PX))
    points = [(26 + shift_px, 20), (68 + shift_px, 20), (44 + shift_px, 78)]
    ImageDraw.Draw(image).line(points, fill=255, width=10, joint="curve")
    return image.convert(mode)


def _saved(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    image.save(file, format=kind)
    return file.getvalue()
