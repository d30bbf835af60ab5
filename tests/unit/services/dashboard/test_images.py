"""Images of the dashboard: which are kept, and as what they are sent."""

import base64
import io
from uuid import uuid4

import pytest
from PIL import Image

from services.dashboard.routes.images import type_of
from services.dashboard.state.images import Images
from shared.events import ImageKind, ImageReceived
from tests.unit.tidemill.events import NOW, a_message, a_record


def received(content: bytes = b"\x89PNG\r\n\x1a\n") -> ImageReceived:
    return ImageReceived(
        event_id=uuid4(),
        occurred_at=NOW,
        case_id="c-1",
        kind=ImageKind.DIGIT,
        content=base64.b64encode(content),
    )


def an_image(form: str) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (8, 8)).save(target, form)
    return target.getvalue()


def test_a_received_image_is_found_by_its_id_as_its_file() -> None:
    images, event = Images(), received()

    images.note(a_record(event))

    assert str(event.event_id) in images
    assert images.file(str(event.event_id)) == b"\x89PNG\r\n\x1a\n"
    assert images.file(str(uuid4())) is None


def test_only_the_newest_images_are_kept() -> None:
    images, events = Images(), [received() for _ in range(201)]

    for event in events:
        images.note(a_record(event))

    assert str(events[0].event_id) not in images
    assert all(str(event.event_id) in images for event in events[1:])


def test_large_images_are_bounded_by_their_bytes() -> None:
    images, events = Images(), [received(b"\x89PNG\r\n\x1a\n" + bytes(400_000)) for _ in range(20)]

    for event in events:
        images.note(a_record(event))

    kept = sum(str(event.event_id) in images for event in events)
    assert 10 <= kept < 20
    assert str(events[-1].event_id) in images


def test_other_topics_hold_no_image() -> None:
    images, message = Images(), a_message()

    images.note(a_record(message))

    assert str(message.event_id) not in images


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP"])
def test_each_accepted_form_is_sent_as_what_it_is(form: str) -> None:
    assert type_of(an_image(form)) == f"image/{form.lower()}"


@pytest.mark.parametrize("content", [b"", b"<svg onload='x'>", b"<html>", b"RIFF1234WAVE", b"GIF"])
def test_a_file_that_a_browser_might_run_is_not_sent(content: bytes) -> None:
    assert type_of(content) is None
