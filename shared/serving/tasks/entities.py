"""Persons, organisations and places in a headline, added to the result of news_tone."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

from shared.events import DecisionRecord, Entity, EntityType, NewsArticleAnalyzed, NewsArticlePublished
from shared.inference.batcher import Row
from shared.inference.encoders import word_encoder
from shared.inference.inputs import text_inputs
from shared.inference.prediction import probabilities
from shared.inference.spans import likeliest, spans_of
from shared.inference.text import Ids, blanked_text
from shared.inference.words import WordEncoder
from shared.repository.bundle import ModelBundle
from shared.serving.task import Task
from shared.serving.tasks.text import ENCODER_TOKENS


def result(
    story: NewsArticleAnalyzed, row: Row, bundle: ModelBundle, decision: DecisionRecord
) -> NewsArticleAnalyzed:
    """Return the story with the names in its headline."""
    found = entities_in(story.headline, row, bundle)
    return story.model_copy(update={"entities": found, "entities_decision": decision})


def entities_in(headline: str, row: Row, bundle: ModelBundle) -> tuple[Entity, ...]:
    """Return the names in a headline, in its order."""
    return tuple(_entities(headline, row, bundle))


def _entities(headline: str, row: Row, bundle: ModelBundle) -> Iterator[Entity]:
    """Yield the names; the rows of `logits` are those of pieces, followed by padding."""
    spec = bundle.outputs["logits"]
    words = _reader(bundle).words(blanked_text(headline))
    chances = probabilities(row["logits"][[word.place for word in words]], spec)
    said = likeliest(chances, spec.labels)
    sure = chances[range(len(said)), said]
    for span in spans_of([spec.labels[tag] for tag in said]):
        start, end = words[span.start].start, words[span.end - 1].end
        yield Entity(
            type=EntityType(span.kind),
            text=headline[start:end],
            start=start,
            end=end,
            confidence=min(1.0, float(sure[span.start : span.end].min())),
        )


@cache
def _reader(bundle: ModelBundle) -> WordEncoder:
    """Return the encoder of the thread that makes results; the encoding thread has its own."""
    return word_encoder(bundle)


def _encoder(bundle: ModelBundle) -> Callable[[Sequence[str]], Sequence[Ids]]:
    return word_encoder(bundle).encode


TASK: Task[NewsArticlePublished, str, Ids] = Task(
    model="entities",
    raw=lambda event: blanked_text(event.headline),
    canonical=str.encode,
    encoder=_encoder,
    length=len,
    token_budget=ENCODER_TOKENS,
    pad=text_inputs,
    result=result,
)
