"""Rows of the real data sets as events; conversations, sources and cases repeat, so that order shows."""

import io
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID, uuid5

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from evaluation import datasets as data
from shared.events import (
    Channel,
    CustomerMessageReceived,
    Event,
    ImageKind,
    ImageReceived,
    NewsArticlePublished,
)
from tests.support.events import NOON

_NAMESPACE = UUID("5f3c1d1e-8f0a-4d55-9a4b-2f7a1d2c9b77")
_KEYS = 50


def messages(root: Path) -> list[Event]:
    """Return 500 questions to a bank and 100 film reviews."""
    questions = data.banking77(root).test.texts[:500]
    reviews = data.reviews(root).test.texts[:100]
    return [
        *_messages("question", questions, Channel.CHAT),
        *_messages("review", reviews, Channel.REVIEW),
    ]


def news(root: Path) -> list[Event]:
    """Return 500 financial tweets, as headlines."""
    topics = data.finance_topics(root).test.texts[:250]
    sentiments = data.finance_sentiments(root).test.texts[:250]
    return [
        NewsArticlePublished(
            event_id=uuid5(_NAMESPACE, f"news {row}"),
            occurred_at=NOON,
            source=f"source-{row % _KEYS}",
            company=f"company-{row % _KEYS}",
            headline=text,
        )
        for row, text in enumerate([*topics, *sentiments])
    ]


def images(root: Path) -> list[Event]:
    """Return 500 handwritten digits and 100 photos of dishes."""
    _, digits = data.digits(root)
    _, _, dishes = data.dishes(root)
    return [
        *_images("digit", [_png(pixels) for pixels in digits.pixels[:500, :, :, 0]], ImageKind.DIGIT),
        *_images("dish", dishes.files[:100], ImageKind.DISH),
    ]


def _messages(source: str, texts: Sequence[str], channel: Channel) -> list[Event]:
    return [
        CustomerMessageReceived(
            event_id=uuid5(_NAMESPACE, f"{source} {row}"),
            occurred_at=NOON,
            conversation_id=f"{source}-{row % _KEYS}",
            channel=channel,
            text=text,
        )
        for row, text in enumerate(texts)
    ]


def _images(source: str, files: Sequence[bytes], kind: ImageKind) -> list[Event]:
    return [
        ImageReceived(
            event_id=uuid5(_NAMESPACE, f"{source} {row}"),
            occurred_at=NOON,
            case_id=f"{source}-{row % _KEYS}",
            kind=kind,
            content=b64encode(content),
        )
        for row, content in enumerate(files)
    ]


def _png(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()
