"""Hostile records: broken inputs, each with the reason that it must be refused for."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid5

from deploy.local.samples import images
from shared.events import CustomerMessageReceived, ImageReceived, NewsArticlePublished
from shared.events.headers import TYPE_HEADER, Headers
from shared.reasons import Reason

_NAMESPACE: Final = UUID("6f1a5a0e-0c62-4d0b-9a53-58c0f4a7e2d1")
_AT: Final = datetime(2026, 3, 4, 12, tzinfo=UTC).isoformat()
_MESSAGES: Final = CustomerMessageReceived.name
_NEWS: Final = NewsArticlePublished.name
_IMAGES: Final = ImageReceived.name


@dataclass(frozen=True, slots=True)
class HostileRecord:
    """A Kafka record to send as it is. `reason` is its dead letter's code; None when it gets a result."""

    what: str
    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers
    reason: Reason | None


def hostile() -> list[HostileRecord]:
    """Return every hostile record, each `what` once; equal on every run."""
    return [*_broken_messages(), *_odd_messages(), *_broken_news(), *_broken_images(), *_odd_images()]


def _broken_messages() -> Iterator[HostileRecord]:
    text = _message("broken", "Where is my card?")
    yield _refused("not JSON", _MESSAGES, b"Where is my card?", Reason.NOT_JSON)
    yield _refused("JSON cut in the middle", _MESSAGES, text[: len(text) // 2], Reason.NOT_JSON)
    yield _refused("JSON nested a hundred thousand deep", _MESSAGES, b"[" * 100_000, Reason.NOT_JSON)
    yield _refused("JSON list", _MESSAGES, b"[1, 2, 3]", Reason.WRONG_SHAPE)
    yield _refused("JSON of another shape", _MESSAGES, b'{"temperature": 21.5}', Reason.WRONG_SHAPE)
    yield _refused("time without zone", _MESSAGES, text.replace(b"+00:00", b""), Reason.WRONG_SHAPE)
    yield _refused("empty value", _MESSAGES, b"", Reason.NOT_JSON)
    yield _refused("no value", _MESSAGES, None, Reason.NULL_VALUE)
    yield _refused("empty text", _MESSAGES, _message("empty text", ""), Reason.EMPTY_TEXT)
    yield _refused("blank text", _MESSAGES, _message("blank text", " \t\n\u00a0\u3000"), Reason.EMPTY_TEXT)
    yield _refused(
        "text of 1 MB", _MESSAGES, _message("text of 1 MB", "money " * 166_667), Reason.TEXT_TOO_LONG
    )
    yield _refused(
        "text one too long", _MESSAGES, _message("one too long", "a " * 10_000 + "a"), Reason.TEXT_TOO_LONG
    )
    yield _refused("invalid UTF-8", _MESSAGES, text.replace(b"card", b"c\xe4rd"), Reason.INVALID_UTF8)
    yield _refused("lone surrogate", _MESSAGES, text.replace(b"card", rb"\ud800"), Reason.LONE_SURROGATE)
    yield HostileRecord(
        "message without key", _MESSAGES, None, _message("no key", "Hello"), (), Reason.MISSING_KEY
    )
    yield HostileRecord("key of another conversation", _MESSAGES, b"another", text, (), Reason.KEY_MISMATCH)
    version = ((TYPE_HEADER, b"customer.message_received.v9"),)
    yield HostileRecord("unknown version", _MESSAGES, b"hostile", text, version, Reason.UNKNOWN_VERSION)


def _odd_messages() -> Iterator[HostileRecord]:
    odd = "Where is my card?\u0000 \U0001f4b3\u202e \u200b \u05e9\u05dc\u05d5\u05dd e\u0301"
    yield _accepted("odd characters", _MESSAGES, _message("odd characters", odd))
    yield _accepted("text at the limit", _MESSAGES, _message("at the limit", "my card " * 2_500))
    yield _accepted("text of symbols", _MESSAGES, _message("symbols", "?!?!" * 50))
    unknown = _json("unknown field", conversation_id="hostile", text="Where is my card?", mood="sunny")
    yield _accepted("unknown field", _MESSAGES, unknown)


def _broken_news() -> Iterator[HostileRecord]:
    story = {"source": "Harbour Wire", "company": "Tessaro Motors", "body": ""}
    whole = _json("news", **story, headline="Tessaro Motors confirms its outlook")
    yield HostileRecord("news without key", _NEWS, None, whole, (), Reason.MISSING_KEY)
    yield _refused(
        "blank headline", _NEWS, _json("blank headline", **story, headline="  "), Reason.EMPTY_TEXT
    )
    yield _refused("news without company", _NEWS, whole.replace(b'"company"', b'"firm"'), Reason.WRONG_SHAPE)


def _broken_images() -> Iterator[HostileRecord]:
    for what, content, reason in (
        ("no image", b"This is a letter, not an image.", Reason.IMAGE_UNDECODABLE),
        ("empty image", b"", Reason.IMAGE_UNDECODABLE),
        ("truncated JPEG", images.truncated_jpeg(), Reason.IMAGE_UNDECODABLE),
        # Pillow does not accept an image without pixels.
        ("image of 0 x 0", images.blank_png(0, 0), Reason.IMAGE_UNDECODABLE),
        ("image of 1 x 10,000", images.blank_png(1, 10_000), Reason.IMAGE_SHAPE),
        ("image of 10,000 x 1", images.blank_png(10_000, 1), Reason.IMAGE_SHAPE),
        ("bomb of 36 megapixels", images.blank_png(6_000, 6_000), Reason.IMAGE_TOO_LARGE),
        ("bomb of 400 megapixels", images.blank_png(20_000, 20_000), Reason.IMAGE_TOO_LARGE),
        ("file of 620 KiB", images.noise_png(460), Reason.IMAGE_TOO_LARGE),
    ):
        yield _refused(what, _IMAGES, _image(what, content), reason)


def _odd_images() -> Iterator[HostileRecord]:
    for what, content in (
        ("animated GIF", images.animated_gif()),
        ("CMYK JPEG", images.cmyk_jpeg()),
        ("16-bit PNG", images.sixteen_bit_png()),
        ("palette PNG with transparency", images.palette_png()),
    ):
        yield _accepted(what, _IMAGES, _image(what, content))
    keyless = _image("image without key", images.palette_png())
    yield HostileRecord("image without key", _IMAGES, None, keyless, (), None)


def _refused(what: str, topic: str, value: bytes | None, reason: Reason) -> HostileRecord:
    return HostileRecord(what, topic, b"hostile", value, (), reason)


def _accepted(what: str, topic: str, value: bytes) -> HostileRecord:
    return HostileRecord(what, topic, b"hostile", value, (), None)


def _message(name: str, text: str) -> bytes:
    return _json(name, conversation_id="hostile", text=text)


def _image(name: str, content: bytes) -> bytes:
    return _json(name, case_id="hostile", kind="digit", content=base64.b64encode(content).decode())


def _json(name: str, **fields: Any) -> bytes:
    head = {"event_id": str(uuid5(_NAMESPACE, name)), "occurred_at": _AT}
    return json.dumps(head | fields, ensure_ascii=False).encode()
