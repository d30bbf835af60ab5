"""Decodes image files, also hostile ones, into the pixels that a model takes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import (
    ExifTags,
    GifImagePlugin,
    Image,
    ImageFile,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)

from shared.errors import RejectedError
from shared.inference.metadata import without_metadata
from shared.reasons import Reason
from shared.repository.bundle import ImageSpec

# Importing a plugin registers it in `Image.OPEN`.
FORMATS = tuple(
    plugin.format
    for plugin in (
        JpegImagePlugin.JpegImageFile,
        PngImagePlugin.PngImageFile,
        WebPImagePlugin.WebPImageFile,
        GifImagePlugin.GifImageFile,
    )
)
MEDIA_TYPES = tuple(Image.MIME[name] for name in FORMATS)
"""Media types of the formats, in their order."""

MAX_PIXELS = 25_000_000
MAX_ASPECT_RATIO = 50
"""Longer than this is no photo, and scaling it to a square would waste memory or show nothing."""

_WORDS_MAX_CHARS = 200

Pixels = NDArray[np.uint8]
T = TypeVar("T")


# By EXIF orientation. Pillow's `exif_transpose` also rewrites the EXIF data, and fails where it is broken.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode_image(content: bytes, spec: ImageSpec) -> Pixels:
    """Return the first frame of an image file as uint8 [height, width, channels], upright.

    Broken metadata is ignored where the pixels are whole. Raises RejectedError with the reason
    `image_undecodable`, whose text has the decoder's words, `image_too_large` or `image_shape`.
    """
    with _refusals():
        return _framed(_flat(_whole(content, spec)), spec)


def check_image(content: bytes) -> None:
    """Look at the header of an image file, as far as `decode_image` does before it decodes a pixel.

    Raises RejectedError as that does.
    """
    with _refusals():
        _with_broken_metadata(content, _check_header)


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn the errors of the decoders into refusals of their file."""
    try:
        yield
    except (RejectedError, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise RejectedError(Reason.IMAGE_TOO_LARGE, f"more than {MAX_PIXELS} pixels") from error
    except Exception as error:  # hostile bytes make the decoders raise nearly anything
        raise RejectedError(
            Reason.IMAGE_UNDECODABLE, f"no readable {'/'.join(FORMATS)} image: {_words(error)}"
        ) from error


def upright(image: Image.Image) -> Image.Image:
    """Return the image turned as its EXIF data says; as it lies where that can't be read."""
    try:
        turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001 -- broken EXIF data raises nearly anything, and is no reason to refuse pixels
        turn = None
    return image if turn is None else image.transpose(turn)


def _whole(content: bytes, spec: ImageSpec) -> Image.Image:
    return _with_broken_metadata(content, partial(_loaded, spec=spec))


def _with_broken_metadata(content: bytes, read: Callable[[bytes], T]) -> T:
    """Return what `read` makes of the file, else of the file without its metadata."""
    try:
        return read(content)
    except (RejectedError, MemoryError):
        raise
    except Exception:
        bare = without_metadata(content)
        if bare is None or bare == content:
            raise
    return read(bare)


def _check_header(content: bytes) -> None:
    with _opened(content) as image:
        _check_size(image)


def _loaded(content: bytes, spec: ImageSpec) -> Image.Image:
    with _opened(content) as image:
        _check_size(image)
        # JPEG only: lets the decoder scale down while it decodes, a third to half of the time.
        image.draft(None, (max(spec.width, spec.height),) * 2)
        image.load()
        return upright(image)


def _opened(content: bytes) -> ImageFile.ImageFile:
    """Return the image with its header read. Other than `Image.open`, errors have the decoder's words."""
    for name in FORMATS:
        opener, accepts = Image.OPEN[name]
        if accepts is not None and accepts(content[:16]):
            return opener(BytesIO(content), "")
    raise ValueError("it begins like no such file" if content else "it is empty")


def _words(error: Exception) -> str:
    """Return what the decoder said, on one line; some errors have no words, only a kind."""
    said = " ".join(str(error).split())[:_WORDS_MAX_CHARS]
    return said or type(error).__name__


def _check_size(image: Image.Image) -> None:
    """Look at the size that the header claims, before a pixel is decoded."""
    short, long = sorted(image.size)
    if short < 1 or long > MAX_ASPECT_RATIO * short:
        raise RejectedError(Reason.IMAGE_SHAPE, f"{image.width} x {image.height} pixels")
    if short * long > MAX_PIXELS:
        raise RejectedError(
            Reason.IMAGE_TOO_LARGE, f"{image.width} x {image.height} pixels, allowed are {MAX_PIXELS}"
        )


def _flat(image: Image.Image) -> Image.Image:
    """Return the image as L or RGB: 16 bits scaled to 8, transparent parts on white."""
    if image.mode.startswith(("I", "F")):
        return _scaled_to_8_bits(image)
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(white, layer).convert("RGB")
    return image.convert("L" if image.mode in {"1", "L"} else "RGB")


def _scaled_to_8_bits(image: Image.Image) -> Image.Image:
    # Pillow's own convert clips 16-bit values at 255, which turns nearly all of them white.
    values = np.clip(np.asarray(image, dtype=np.float32) / 257, 0, 255)
    return Image.fromarray(np.rint(values).astype(np.uint8))


def _framed(image: Image.Image, spec: ImageSpec) -> Pixels:
    size = (spec.width, spec.height)
    converted = image.convert(spec.mode)
    if spec.resize == "cover_crop":
        framed = ImageOps.fit(converted, size, Image.Resampling.BILINEAR)
    else:
        # The corner's colour is the best guess at the background.
        corner = converted.crop((0, 0, 1, 1)).tobytes()
        framed = ImageOps.pad(converted, size, Image.Resampling.BILINEAR, color=tuple(corner))
    return np.asarray(framed, dtype=np.uint8).reshape(spec.shape)
