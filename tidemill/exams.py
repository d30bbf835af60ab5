"""The official test sets as events with the right answers."""

import base64
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any
from uuid import uuid5

from PIL import Image

from evaluation import datasets as data
from evaluation.figures import Figures, label_figures, span_figures
from evaluation.tagged import conll2003
from evaluation.texts import TextSet
from shared.clock import utc_now
from shared.errors import ConfigError
from shared.events import (
    Channel,
    CustomerMessageAnalyzed,
    CustomerMessageReceived,
    Event,
    ImageAnalyzed,
    ImageKind,
    ImageReceived,
    NewsArticleAnalyzed,
    NewsArticlePublished,
    Prediction,
)
from shared.inference.spans import Span, spans_of
from tidemill.rows import NAMESPACE


@dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """One test set for one output of one model."""

    model: str
    output: str
    """The name of the model's output that answers."""

    events: Sequence[Event]
    expected: Sequence[Any]
    answer: Callable[[Any], Any | None]
    """Returns the answer in a result; None when the result is not of this exam."""

    figures: Figures = label_figures
    """Returns the figures of answers, None where there is none, beside what was expected; shares."""

    foreign: Sequence[Event] = ()
    """Inputs that no label fits: they have no right answer, and are to be told from the others."""

    @property
    def sent(self) -> Sequence[Event]:
        """All inputs, the foreign ones last."""
        return [*self.events, *self.foreign]

    def first(self, count: int | None) -> "Exam":
        """Return the exam with its first `count` rows only, or all."""
        return replace(
            self,
            events=self.events[:count],
            expected=self.expected[:count],
            foreign=self.foreign[:count],
        )


def exams(root: Path, models: Sequence[str] | None = None) -> list[Exam]:
    """Return the exams of these models, or of all; no data set is read that they do not need.

    Raises ConfigError for a model that has no exam, and when a data set is missing.
    """
    makers = _makers()
    if strangers := sorted({*(models or ())} - makers.keys()):
        raise ConfigError(f"there is no test set for {', '.join(strangers)}; there are {', '.join(makers)}")
    return [make(root) for model, made in makers.items() if not models or model in models for make in made]


def _makers() -> Mapping[str, Sequence[Callable[[Path], Exam]]]:
    """Return what makes the exams of each model from the folder of data sets."""
    return {
        "support_intent": (_intents,),
        "news_tone": (_topics, _sentiments),
        "entities": (_entities,),
        "review_sentiment": (_reviews,),
        "dish_photo": (_dishes,),
        "digit": (_digits,),
    }


def _intents(root: Path) -> Exam:
    rows = data.banking77(root)
    return Exam(
        model="support_intent",
        output="logits",
        events=_messages("banking77", rows.test.texts, Channel.CHAT),
        expected=_names(rows.label_names, rows.test.labels),
        answer=lambda event: event.intent if _is(event, CustomerMessageAnalyzed) else None,
        foreign=_messages("clinc150", data.foreign_questions(root), Channel.CHAT),
    )


def _reviews(root: Path) -> Exam:
    rows = data.reviews(root)
    return Exam(
        model="review_sentiment",
        output="logits",
        events=_messages("imdb", rows.test.texts, Channel.REVIEW),
        expected=_names(rows.label_names, rows.test.labels),
        answer=lambda event: event.sentiment if _is(event, CustomerMessageAnalyzed) else None,
    )


def _topics(root: Path) -> Exam:
    return _tone("topics", "topic_logits", data.finance_topics(root), lambda story: story.topic)


def _sentiments(root: Path) -> Exam:
    return _tone(
        "sentiments", "sentiment_logits", data.finance_sentiments(root), lambda story: story.sentiment
    )


def _tone(source: str, output: str, rows: TextSet, told: Callable[[NewsArticleAnalyzed], Prediction]) -> Exam:
    return Exam(
        model="news_tone",
        output=output,
        events=_stories(source, rows.test.texts),
        expected=_names(rows.label_names, rows.test.labels),
        answer=lambda event: told(event) if isinstance(event, NewsArticleAnalyzed) else None,
    )


def _entities(root: Path) -> Exam:
    rows = conll2003(root).test
    return Exam(
        model="entities",
        output="logits",
        events=_stories("conll2003", [" ".join(words) for words in rows.words]),
        expected=[_places(words, tags) for words, tags in zip(rows.words, rows.tags, strict=True)],
        answer=lambda event: _names_in(event) if _is(event, NewsArticleAnalyzed) else None,
        figures=span_figures,
    )


def _places(words: Sequence[str], tags: Sequence[str]) -> frozenset[Span]:
    """Return where the names stand in the text of all words, in code points."""
    ends = list(accumulate(len(word) + 1 for word in words))
    return frozenset(
        Span(span.kind, ends[span.start] - len(words[span.start]) - 1, ends[span.end - 1] - 1)
        for span in spans_of(tags)
    )


def _names_in(story: NewsArticleAnalyzed) -> frozenset[Span]:
    return frozenset(Span(entity.type, entity.start, entity.end) for entity in story.entities)


def _dishes(root: Path) -> Exam:
    names, _, test = data.dishes(root)
    return Exam(
        model="dish_photo",
        output="logits",
        events=_images("food10", test.files, ImageKind.DISH),
        expected=_names(names, test.labels),
        answer=lambda event: event.label if _is(event, ImageAnalyzed) else None,
    )


def _digits(root: Path) -> Exam:
    _, test = data.digits(root)
    return Exam(
        model="digit",
        output="logits",
        events=_images("mnist", [_png(pixels[..., 0]) for pixels in test.pixels], ImageKind.DIGIT),
        expected=[str(label) for label in test.labels],
        answer=lambda event: event.label if _is(event, ImageAnalyzed) else None,
    )


def _is(event: object, kind: type[Event]) -> bool:
    return isinstance(event, kind)


def _names(names: Sequence[str], labels: Iterable[int]) -> list[str]:
    return [names[label] for label in labels]


def _messages(source: str, texts: Sequence[str], channel: Channel) -> list[Event]:
    return [
        CustomerMessageReceived(
            event_id=uuid5(NAMESPACE, f"{source} {row}"),
            occurred_at=utc_now(),
            conversation_id=f"{source}-{row}",
            channel=channel,
            text=text,
        )
        for row, text in enumerate(texts)
    ]


def _stories(source: str, texts: Sequence[str]) -> list[Event]:
    """Return each text as a headline; a company each, so that none of them can turn."""
    return [
        NewsArticlePublished(
            event_id=uuid5(NAMESPACE, f"{source} {row}"),
            occurred_at=utc_now(),
            source=f"{source}-{row % 16}",
            company=f"{source}-{row}",
            headline=text,
        )
        for row, text in enumerate(texts)
    ]


def _images(source: str, files: Sequence[bytes], kind: ImageKind) -> list[Event]:
    return [
        ImageReceived(
            event_id=uuid5(NAMESPACE, f"{source} {row}"),
            occurred_at=utc_now(),
            case_id=f"{source}-{row}",
            kind=kind,
            content=base64.b64encode(content),
        )
        for row, content in enumerate(files)
    ]


def _png(pixels: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()
