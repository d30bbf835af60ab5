"""Images whose metadata is broken and whose pixels are whole are used."""

import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shared.errors import RejectedError
from shared.inference.image import decode_image
from shared.repository.bundle import ImageSpec

SPEC = ImageSpec(width=16, height=16, mode="RGB", resize="fit")
SEGMENT_MAX_BYTES = 65_533


def a_file(kind: str, **metadata: bytes) -> bytes:
    """Return an image that is bright on its upper half."""
    image = Image.new("RGB", (16, 16))
    image.paste((255, 255, 255), (0, 0, 16, 8))
    file = BytesIO()
    image.save(file, kind, quality=95, lossless=True, **metadata)
    return file.getvalue()


JPEG, PNG, WEBP = (a_file(kind) for kind in ("JPEG", "PNG", "WEBP"))


def jpeg_with(marker: int, body: bytes) -> bytes:
    """Return the JPEG with one more segment."""
    return JPEG[:2] + bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2) + body + JPEG[2:]


def a_chunk(kind: bytes, body: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_with(*chunks: bytes) -> bytes:
    """Return the PNG with more chunks behind its header."""
    return PNG[:33] + b"".join(chunks) + PNG[33:]


def png_ending_with(chunk: bytes) -> bytes:
    """Return the PNG with one more chunk behind its pixels."""
    return PNG[:-12] + chunk + PNG[-12:]


def exif(orientation: int, *, width_type: int = 3) -> bytes:
    """Return EXIF data with an orientation, and a width in a type of choice: 3 is what it should be."""
    width = struct.pack("<HHII", 0x0100, width_type, 4, 26 + 12)
    turn = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 2) + width + turn + bytes(4) + b"wide" * 2


WEBP_TURNED = a_file("WEBP", exif=exif(6))
BOMB = zlib.compress(bytes(4 * 1024 * 1024))
RAW_PROFILE = b"Raw profile type exif\0\nexif\n      12\nno hexadecimal digits\n"


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        pytest.param(jpeg_with(0xED, b"Photoshop 3.0\x008BIM\x04\x04"), JPEG, id="Photoshop block cut off"),
        pytest.param(jpeg_with(0xE0, b"JFIF"), JPEG, id="JFIF header cut off"),
        pytest.param(jpeg_with(0xEE, b"Adobe"), JPEG, id="Adobe segment cut off"),
        pytest.param(jpeg_with(0xE1, b"Exif\0\0no TIFF"), JPEG, id="EXIF data of a JPEG"),
        pytest.param(jpeg_with(0xE1, b"Exif\0\0"), JPEG, id="no EXIF data in a JPEG"),
        pytest.param(jpeg_with(0xE2, b"MPF\0no directory"), JPEG, id="directory of further images"),
        pytest.param(jpeg_with(0xE2, b"ICC_PROFILE\0"), JPEG, id="colour profile of a JPEG"),
        pytest.param(
            jpeg_with(0xED, b"Photoshop 3.0\x008BIM\x03\xed\0\0\0\0\0\x02ab"), JPEG, id="resolution"
        ),
        pytest.param(png_with(a_chunk(b"eXIf", b"\0\x08\0\x02no TIFF")), PNG, id="EXIF data of a PNG"),
        pytest.param(png_with(a_chunk(b"zTXt", RAW_PROFILE[:22] + b"\0" + BOMB[:9])), PNG, id="text cut off"),
        pytest.param(png_with(a_chunk(b"tEXt", RAW_PROFILE)), PNG, id="EXIF data in a text"),
        pytest.param(png_with(a_chunk(b"iCCP", b"p\0\0" + BOMB)), PNG, id="colour profile that is a bomb"),
        pytest.param(png_with(a_chunk(b"iCCP", b"p\0\x07")), PNG, id="unknown compression of a profile"),
        pytest.param(png_with(a_chunk(b"zTXt", b"t\0\0" + BOMB)), PNG, id="text that is a bomb"),
        pytest.param(png_ending_with(a_chunk(b"zTXt", b"t\0\0" + BOMB)), PNG, id="text behind the pixels"),
        pytest.param(png_with(a_chunk(b"tEXt", b"t\0x")[:-1] + b"!"), PNG, id="wrong checksum of a text"),
        pytest.param(png_with(a_chunk(b"eXIf", b"x")[:-1] + b"!"), PNG, id="wrong checksum of EXIF data"),
        pytest.param(png_with(a_chunk(b"pHYs", b"x"), a_chunk(b"gAMA", b"")), PNG, id="sizes cut off"),
        pytest.param(WEBP_TURNED[:-10], WEBP, id="EXIF data of a WebP cut off"),
        pytest.param(a_file("WEBP", xmp=b"<x/>" * 50)[:-60], WEBP, id="XMP data of a WebP cut off"),
    ],
)
def test_broken_metadata_costs_no_image(broken: bytes, whole: bytes) -> None:
    assert np.array_equal(decode_image(broken, SPEC), decode_image(whole, SPEC))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(jpeg_with(0xE1, exif(6, width_type=1)), id="another field of it is broken"),
        pytest.param(
            jpeg_with(0xED, b"Photoshop 3.0\x008BIM\x04\x04")[:2] + jpeg_with(0xE1, exif(6))[2:], id="whole"
        ),
        pytest.param(
            JPEG[:2] + b"\xff\xed\x00\x14Photoshop 3.0\x008BIM" + jpeg_with(0xE1, exif(6))[2:],
            id="another segment is broken",
        ),
        pytest.param(
            png_with(a_chunk(b"zTXt", b"t\0\0" + BOMB), a_chunk(b"eXIf", exif(6)[6:])), id="a text is a bomb"
        ),
    ],
)
def test_an_image_is_turned_as_its_exif_data_says_also_where_other_metadata_is_broken(content: bytes) -> None:
    pixels = decode_image(content, SPEC)

    assert pixels[:, :7].max() < 60
    assert pixels[:, 9:].min() > 200


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (png_with(a_chunk(b"iCCP", b"p\0\0" + BOMB))[:-40], r"image: .*(truncated|broken)"),
        (jpeg_with(0xED, b"Photoshop 3.0\x008BIM")[:400], r"image: Truncated File Read$"),
        (b"no image at all", r"image: it begins like no such file$"),
        (b"", r"image: it is empty$"),
    ],
)
def test_a_refusal_has_the_words_of_the_decoder(content: bytes, words: str) -> None:
    with pytest.raises(RejectedError, match=words) as refused:
        decode_image(content, SPEC)

    assert refused.value.reason == "image_undecodable"
    assert "Error" not in str(refused.value)
    assert "object at" not in str(refused.value)


@pytest.mark.parametrize(
    "name",
    [
        "app13_ps_cut",
        "exif6_width_bytes",
        "png_exif_garbage",
        "png_exif_rawprofile",
        "png_iccp_big",
        "png_ztxt_big",
    ],
)
def test_images_of_the_field_with_broken_metadata_are_used(cases_dir: Path, name: str) -> None:
    pixels = decode_image((cases_dir / "picture-metadata" / f"{name}.bin").read_bytes(), SPEC)

    assert pixels.std() > 20  # a photo, not a blank
