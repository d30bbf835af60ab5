"""Turns the bytes of an image file, friendly or hostile, into the pixels that a model takes."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from shared.errors import RejectedError
from shared.reasons import Reason
from shared.repository.bundle import ImageSpec

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MAX_PIXELS = 25_000_000
MAX_ASPECT_RATIO = 50
"""Longer than this is no photo, and scaling it to a square would waste memory or show nothing."""

Pixels = NDArray[np.uint8]


def decode_image(content: bytes, spec: ImageSpec) -> Pixels:
    """Return the first frame of an image file as uint8 [height, width, channels].

    Raises RejectedError with reason `image_undecodable`, `image_too_large` or `image_shape`.
    """
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            _check_size(image)
            # JPEG only: lets the decoder scale down while it decodes, a third to half of the time.
            image.draft(None, (max(spec.width, spec.height),) * 2)
            upright = ImageOps.exif_transpose(image)
    except (RejectedError, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise RejectedError(Reason.IMAGE_TOO_LARGE, f"more than {MAX_PIXELS} pixels") from error
    except Exception as error:  # hostile bytes make the decoders raise nearly anything
        raise RejectedError(
            Reason.IMAGE_UNDECODABLE, f"no readable {'/'.join(FORMATS)} image: {type(error).__name__}"
        ) from error
    return _framed(_flat(upright), spec)


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
