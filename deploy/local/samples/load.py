"""Sample streams as events, with ids and times that are equal on every run."""

import base64
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

from deploy.local.samples.digits import draw_digits
from deploy.local.samples.hostile import hostile
from deploy.local.samples.news import START, generate_news
from shared.events import Channel, CustomerMessageReceived, ImageKind, ImageReceived, NewsArticlePublished

__all__ = ["EXPECTED_FILE", "MESSAGES_FILE", "digits", "hostile", "message_rows", "messages", "news"]

MESSAGES_FILE: Final = Path(__file__).parent / "messages.jsonl"
EXPECTED_FILE: Final = Path(__file__).parent / "expected.json"
"""Results that all samples together must give."""

_NAMESPACE: Final = UUID("0b7c1f52-7d0e-4e0a-8a35-2f6f5f0c9d11")
_MEAN_GAP_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A line of messages.jsonl. `kind` is the intended label, for tests; it is not sent."""

    conversation_id: str
    customer_id: str | None
    channel: str
    kind: str
    text: str


def message_rows() -> list[MessageRow]:
    """Return the lines of messages.jsonl."""
    lines = MESSAGES_FILE.read_text(encoding="utf-8").splitlines()
    return [MessageRow(**json.loads(line)) for line in lines]


def messages(start: datetime = START) -> list[CustomerMessageReceived]:
    """Return the customer messages in order, the first one shortly after `start`."""
    return [
        CustomerMessageReceived(
            event_id=_id("message", number),
            occurred_at=at,
            conversation_id=row.conversation_id,
            customer_id=row.customer_id,
            channel=Channel(row.channel),
            text=row.text,
        )
        for number, (row, at) in enumerate(zip(message_rows(), _moments(start, seed=1), strict=False))
    ]


def news() -> list[NewsArticlePublished]:
    """Return ten simulated days of news, in the order of publication."""
    return [
        NewsArticlePublished(
            event_id=_id("news", number),
            occurred_at=item.occurred_at,
            source=item.source,
            company=item.company,
            headline=item.headline,
            body=item.body,
        )
        for number, item in enumerate(generate_news())
    ]


def digits(start: datetime = START) -> list[ImageReceived]:
    """Return the images of `draw_digits`, in its order, the first one shortly after `start`."""
    return [
        ImageReceived(
            event_id=_id("digit", number),
            occurred_at=at,
            case_id=f"digit-{number:03d}",
            kind=ImageKind.DIGIT,
            content=base64.b64encode(image.content),
        )
        for number, (image, at) in enumerate(zip(draw_digits(), _moments(start, seed=2), strict=False))
    ]


def _id(stream: str, number: int) -> UUID:
    return uuid5(_NAMESPACE, f"{stream} {number}")


def _moments(start: datetime, *, seed: int) -> Iterator[datetime]:
    """Yield times from `start` on, without end, with the gaps of independent customers."""
    rng = random.Random(seed)  # noqa: S311 - sample times, no secret
    while True:
        start += timedelta(seconds=rng.expovariate(1 / _MEAN_GAP_S))
        yield start
