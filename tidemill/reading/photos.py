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


def as_jpeg(content: bytes) -> bytes:
    """Return the photo as a JPEG that can be sent, upright and without metadata.

    Raises UnfitError when it can't be decoded, or has too many pixels.
    """
    try:
        return _within_bounds(_from_heic(content) if is_heic(content) else _from_image(content))
    except UnfitError:
        raise
    except Exception as error:  # hostile bytes make decoders raise nearly anything
        words = " ".join(str(error).split()) or type(error).__name__
        raise UnfitError(f"can't be converted: {words}") from error


def _from_heic(content: bytes) -> Image.Image:
    if not converts_heic():
        raise UnfitError(f"a HEIC photo: {HEIC_CURE}")
    import pi_heif  # noqa: PLC0415 -- an optional dependency

    photo = pi_heif.open_heif(BytesIO(content))  # reads the header only
    _check_size(photo.size)
    image: Image.Image = photo.to_pillow()  # turned already, as the file says
    return image


def _from_image(content: bytes) -> Image.Image:
    with Image.open(BytesIO(content), formats=FORMATS) as image:
        _check_size(image.size)
        image.draft(None, (_SIDE_MAX_PIXELS, _SIDE_MAX_PIXELS))
        image.load()
        return upright(image)


def _check_size(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise UnfitError(f"{size[0]} x {size[1]} pixels, allowed are {MAX_PIXELS:,}")


def _within_bounds(image: Image.Image) -> bytes:
    """Return the image as a JPEG within the bounds of an event, without metadata."""
    small = image.convert("RGB")
    small.thumbnail((_SIDE_MAX_PIXELS, _SIDE_MAX_PIXELS))
    for quality in _QUALITIES:
        file = BytesIO()
        small.save(file, "JPEG", quality=quality)
        if file.tell() <= IMAGE_MAX_BYTES:
            return file.getvalue()
    raise UnfitError(f"more than {IMAGE_MAX_BYTES // 1024} KiB, also when it is made smaller")
