"""Photos are converted in a process of their own, which a damaged file may crash."""

import io

import pytest
from PIL import Image

from tests.unit.tidemill.reading.photos import HEIC_OF_A_TURNED_CAMERA
from tidemill.reading.converter import converted
from tidemill.reading.photos import UnfitError


def test_a_photo_is_converted() -> None:
    image = Image.open(io.BytesIO(converted(HEIC_OF_A_TURNED_CAMERA)))

    assert (image.format, image.size) == ("JPEG", (64, 64))


def test_a_photo_that_can_not_be_decoded_is_refused_with_the_reason() -> None:
    with pytest.raises(UnfitError, match=r"^can't be converted: .*end of file"):
        converted(HEIC_OF_A_TURNED_CAMERA[:-60])


def test_a_photo_on_which_the_decoder_crashes_ends_nothing_else() -> None:
    damaged = bytearray(HEIC_OF_A_TURNED_CAMERA)
    damaged[114], damaged[176] = 215, 172  # libheif 1.23 reads beyond its memory

    with pytest.raises(UnfitError, match=r"^(its decoder ended with -\d+ on it|can't be converted: .*)$"):
        converted(bytes(damaged))
