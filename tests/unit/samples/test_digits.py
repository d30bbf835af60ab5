"""The digits are drawn by code in the style that the model learned: white, centred by mass."""

import io
import json
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from deploy.local.samples.digits import DigitImage, draw_digits
from deploy.local.samples.load import EXPECTED_FILE, digits

IMAGES = draw_digits()


def test_there_are_as_many_of_each_digit_as_documented() -> None:
    expected = json.loads(EXPECTED_FILE.read_text(encoding="utf-8"))["digits"]

    counts = Counter(image.label for image in IMAGES)

    assert counts == dict.fromkeys(range(10), expected["per_digit"])
    assert counts.total() == expected["total"]


def test_every_run_draws_the_same_images_and_another_seed_draws_others() -> None:
    assert draw_digits() == IMAGES
    assert draw_digits(seed=2) != IMAGES


def test_no_two_images_are_the_same() -> None:
    assert len({image.content for image in IMAGES}) == len(IMAGES)


def test_the_events_carry_the_images_in_their_order_under_ids_of_their_own() -> None:
    events = digits()

    assert [event.content for event in events] == [image.content for image in IMAGES]
    assert (
        len({event.event_id for event in events}) == len({event.case_id for event in events}) == len(events)
    )


@pytest.mark.parametrize("drawn", IMAGES[::6])
def test_an_image_is_white_on_black_and_its_mass_is_in_the_middle(drawn: DigitImage) -> None:
    image = Image.open(io.BytesIO(drawn.content))
    ink = np.asarray(image, dtype=np.float64)
    middle = (image.width - 1) / 2

    centre = [ink.sum(axis=axis) @ np.arange(image.width) / ink.sum() for axis in (0, 1)]

    assert (image.mode, image.width) == ("L", image.height)
    assert np.mean(ink) < 90
    assert np.allclose(centre, middle, atol=image.width / 56)
