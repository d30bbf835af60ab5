"""Image files without their metadata, for files whose pixels are whole and whose metadata is not.

Text, colour profiles, dates and thumbnails go. Pixels and what their colours need stay, and EXIF data, which
says how to turn the image.
"""

import zlib
from collections.abc import Iterator

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"eXIf"})
_WEBP_KEPT = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"EXIF"})

_COMMENT, _EXIF, _ADOBE = 0xFE, 0xE1, 0xEE
_APPLICATION = range(0xE0, 0xF0)
_START_OF_SCAN = 0xDA
_WITHOUT_LENGTH = frozenset({0x00, 0x01, *range(0xD0, 0xD9)})


def without_metadata(content: bytes) -> bytes | None:
    """Return the JPEG, PNG or WebP file without metadata; None for any other file."""
    if content.startswith(b"\xff\xd8"):
        return content[:2] + b"".join(_jpeg_parts(content))
    if content.startswith(_PNG):
        return _PNG + b"".join(_png_chunks(content))
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        chunks = b"WEBP" + b"".join(_webp_chunks(content))
        return b"RIFF" + len(chunks).to_bytes(4, "little") + chunks
    return None


def _jpeg_parts(content: bytes) -> Iterator[bytes]:
    """Yield the kept segments, then everything from the first scan on; bytes between segments go."""
    at = content.find(b"\xff", 2)
    while 0 <= at < len(content) - 4:
        marker = content[at + 1]
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4])
        if marker == _START_OF_SCAN:
            yield content[at:]
            return
        if marker == 0xFF:  # filling
            end = at + 1
        elif marker in _WITHOUT_LENGTH:
            end = at + 2
        elif _is_kept(marker, content[at + 4 : end]):
            yield content[at:end]
        at = content.find(b"\xff", end)


def _is_kept(marker: int, body: bytes) -> bool:
    if marker == _ADOBE:  # says whether the colours are CMYK or YCCK
        return body.startswith(b"Adobe") and len(body) >= 12
    if marker == _EXIF:
        return body.startswith(b"Exif\0\0")
    return marker not in _APPLICATION and marker != _COMMENT


def _png_chunks(content: bytes) -> Iterator[bytes]:
    """Yield the kept chunks; the last one may be cut off. EXIF data stays only with a right checksum."""
    at = len(_PNG)
    while at + 8 <= len(content):
        length, kind = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        end = at + 12 + length
        whole = zlib.crc32(content[at + 4 : end - 4]) == int.from_bytes(content[end - 4 : end])
        if kind in _PNG_KEPT and (whole or kind != b"eXIf"):
            yield content[at:end]
        at = end


def _webp_chunks(content: bytes) -> Iterator[bytes]:
    """Yield the kept chunks, each filled up to an even length; a cut-off chunk of metadata goes."""
    at = 12
    while at + 8 <= len(content):
        kind, length = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        end = at + 8 + length + length % 2
        if kind in _WEBP_KEPT and (end <= len(content) or kind != b"EXIF"):
            yield content[at:end]
        at = end
