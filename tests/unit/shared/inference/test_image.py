"""Images: every kind that can be shown is shown, every hostile one is refused by name."""

import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFile

from shared.errors import RejectedError
from shared.inference.image import decode_image
from shared.repository.bundle import ImageSpec

COLOUR = ImageSpec(width=16, height=8, mode="RGB", resize="cover_crop")
GREY = ImageSpec(width=8, height=8, mode="L", resize="fit")


def a_file(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def a_png_claiming(width: int, height: int) -> bytes:
    """Return a PNG whose header lies: almost no bytes follow."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "I;16"])
@pytest.mark.parametrize("spec", [COLOUR, GREY])
def test_every_kind_of_pixel_becomes_the_shape_that_the_model_takes(
    kind: str, mode: str, spec: ImageSpec
) -> None:
    image = Image.new(mode, (40, 30))
    try:
        content = a_file(image, kind)
    except (OSError, ValueError):  # this kind of file has no such pixels
        content = a_file(image.convert("RGB"), kind)

    pixels = decode_image(content, spec)

    assert pixels.dtype == np.uint8
    assert pixels.shape == spec.shape


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    values = np.full((8, 8), 0x8000, dtype=np.uint16)

    pixels = decode_image(a_file(Image.fromarray(values), "PNG"), GREY)

    assert set(pixels.ravel().tolist()) == {128}


def test_transparent_parts_are_white() -> None:
    pixels = decode_image(a_file(Image.new("RGBA", (8, 8), (0, 0, 0, 0)), "PNG"), GREY)

    assert set(pixels.ravel().tolist()) == {255}


def test_a_palette_shows_its_colours() -> None:
    image = Image.new("RGB", (16, 8), (200, 10, 30)).quantize(4)

    pixels = decode_image(a_file(image, "PNG"), COLOUR)

    assert pixels[0, 0].tolist() == [200, 10, 30]


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_an_animation_shows_its_first_frame(kind: str) -> None:
    frames = [Image.new("RGB", (16, 8), colour) for colour in ("black", "white")]
    content = a_file(frames[0], kind, save_all=True, append_images=frames[1:], duration=40)

    assert decode_image(content, COLOUR).max() < 10


def test_a_photo_taken_with_the_camera_turned_stands_upright() -> None:
    lying = Image.new("L", (8, 8))
    lying.paste(255, (0, 0, 8, 4))  # bright on top
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter

    pixels = decode_image(a_file(lying, "PNG", exif=exif), GREY)

    assert pixels[:, :4].max() == 0
    assert pixels[:, 4:].min() == 255


def test_fit_shows_everything_on_the_colour_of_the_corner() -> None:
    wide = Image.new("L", (32, 8), 200)

    assert set(decode_image(a_file(wide, "PNG"), GREY).ravel().tolist()) == {200}


def test_cover_crop_cuts_the_sides_off() -> None:
    wide = Image.new("RGB", (64, 8), "white")
    wide.paste("black", (24, 0, 40, 8))

    assert decode_image(a_file(wide, "PNG"), COLOUR).max() == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no image at all",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0" + bytes(100),
        b"GIF89a",
        a_png_claiming(100, 100),
        a_file(Image.effect_noise((64, 64), 50), "JPEG")[:600],
        a_file(Image.effect_noise((64, 64), 50), "PNG")[:600],
        a_file(Image.new("RGB", (8, 8)), "BMP"),
        a_file(Image.new("RGB", (8, 8)), "TIFF"),
    ],
)
def test_bytes_that_show_nothing_are_refused(content: bytes) -> None:
    with pytest.raises(RejectedError) as refused:
        decode_image(content, COLOUR)

    assert refused.value.reason == "image_undecodable"
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "size", [(6000, 6000), (10_000, 9_000), (50_000, 50_000), (2_000_000_000, 50_000_000)]
)
def test_a_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    with pytest.raises(RejectedError) as refused:
        decode_image(a_png_claiming(*size), COLOUR)

    assert refused.value.reason == "image_too_large"


@pytest.mark.parametrize("content", [a_png_claiming(1, 10_000), a_file(Image.new("1", (10_000, 1)), "PNG")])
def test_a_thread_of_pixels_is_refused(content: bytes) -> None:
    with pytest.raises(RejectedError) as refused:
        decode_image(content, COLOUR)

    assert refused.value.reason == "image_shape"


@pytest.mark.parametrize("size", [(0, 0), (0, 8), (8, 0)])
def test_an_image_without_pixels_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(RejectedError) as refused:
        decode_image(a_png_claiming(*size), COLOUR)

    assert refused.value.reason in {"image_shape", "image_undecodable"}


def test_decoding_leaves_the_switches_of_the_library_alone() -> None:
    decode_image(a_file(Image.new("L", (8, 8)), "PNG"), GREY)

    assert ImageFile.LOAD_TRUNCATED_IMAGES is False
