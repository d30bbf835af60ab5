"""Photos made fit to be sent: HEIC becomes JPEG, and large ones become smaller when that is asked for."""

from importlib.util import find_spec
from io import BytesIO
from typing import Final

from PIL import Image

from shared.events.image import IMAGE_MAX_BYTES
from shared.inference.image import FORMATS, MAX_PIXELS, upright

HEIC_SUFFIXES: Final = frozenset({".heic", ".heif"})
HEIC_CURE: Final = "pip install pi-heif, and they are converted"

_SIDE_MAX_PIXELS = 1600
"""Several times what any model looks at; a photo of this size nearly always fits."""

_QUALITIES = (90, 75, 50)
_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


class UnfitError(Exception):
    """A photo can't be sent. The text says why."""


def converts_heic() -> bool:
    """Return whether the decoder of HEIC is installed."""
    return find_spec("pi_heif") is not None


def is_heic(content: bytes) -> bool:
    """Return whether the file is HEIC by its first bytes: phones also export such files as .jpg."""
    return content[4:8] == b"ftyp" and content[8:12] in _BRANDS


def from_heic(content: bytes) -> bytes:
    """Return the photo as JPEG, upright. Raises UnfitError when it can't be decoded, or is too large."""
    if not converts_heic():
        raise UnfitError(f"a HEIC photo: {HEIC_CURE}")
    import pi_heif  # noqa: PLC0415 -- an optional dependency

    try:
        photo = pi_heif.open_heif(BytesIO(content))  # reads the header only
        _check_size(photo.size)
        image = photo.to_pillow()  # turned already, as the file says
    except UnfitError:
        raise
    except Exception as error:  # hostile bytes make decoders raise nearly anything
        raise UnfitError(f"no readable HEIC photo: {' '.join(str(error).split())}") from error
    return _as_jpeg(image)


def shrunk(content: bytes) -> bytes:
    """Return the photo as a JPEG that can be sent, upright. Raises UnfitError when it can't be decoded."""
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            _check_size(image.size)
            image.draft(None, (_SIDE_MAX_PIXELS, _SIDE_MAX_PIXELS))
            image.load()
            return _as_jpeg(upright(image))
    except UnfitError:
        raise
    except Exception as error:
        raise UnfitError(f"can't be made smaller: {' '.join(str(error).split())}") from error


def _check_size(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise UnfitError(f"{size[0]} x {size[1]} pixels, allowed are {MAX_PIXELS:,}")


def _as_jpeg(image: Image.Image) -> bytes:
    """Return the image within the bounds of an event, without metadata."""
    small = image.convert("RGB")
    small.thumbnail((_SIDE_MAX_PIXELS, _SIDE_MAX_PIXELS))
    for quality in _QUALITIES:
        file = BytesIO()
        small.save(file, "JPEG", quality=quality)
        if file.tell() <= IMAGE_MAX_BYTES:
            return file.getvalue()
    raise UnfitError(f"more than {IMAGE_MAX_BYTES // 1024} KiB, also when it is made smaller")
