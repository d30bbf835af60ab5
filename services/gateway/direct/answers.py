"""Answers of the models to one text or image."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from shared.events import DecisionRecord, Entity, Prediction
from shared.events.decision import Share
from shared.repository.bundle import OutputSpec


class Polarity(StrEnum):
    """Sentiment, whatever the model calls it."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    NEUTRAL = "neutral"


_POLARITIES = {"bearish": Polarity.NEGATIVE, "bullish": Polarity.POSITIVE}
"""Labels of a model that are no polarity themselves, in lower case."""


class Label(BaseModel):
    """The label that a model gave, and its doubts."""

    model_config = ConfigDict(frozen=True)

    class_id: Annotated[int, Field(ge=0)] | None
    """Index of the label among the model's labels; null for an intent that was added to the model."""

    label: str
    confidence: Share
    """Calibrated probability of `label`."""

    runner_up: str
    """The second most probable label."""

    margin: Share
    """Probability of `label` minus that of `runner_up`."""

    @classmethod
    def of(cls, prediction: Prediction, output: OutputSpec) -> Self:
        """Return the label of a prediction that was made from this output."""
        return cls(**_label(prediction, output))


class Classified(Label):
    """The label of one text or image."""

    out_of_scope: Share | None
    """How foreign the input is to the model, 0 to 1; null when that was not measured."""

    decision: DecisionRecord
    """Model and version that answered, and the times that it took."""

    @classmethod
    def by(cls, prediction: Prediction, output: OutputSpec, decision: DecisionRecord, **more: object) -> Self:
        """Return the answer that a model gave; `more` holds the fields that a subclass adds."""
        fields = _label(prediction, output)
        return cls(**fields, out_of_scope=decision.out_of_scope, decision=decision, **more)


class Sentiment(Classified):
    """The sentiment of one text."""

    sentiment: Polarity


class Tone(Sentiment):
    """Tone and topic of one news text: good or bad for the company, as its label says."""

    negative: Share
    """Calibrated probability that the text is bad for the company."""

    topic: Label


class Named(BaseModel):
    """Names in one text, in its order, none within another."""

    model_config = ConfigDict(frozen=True)

    entities: tuple[Entity, ...]
    """Persons, organisations, places and others; `start` and `end` count Unicode code points of the text."""

    decision: DecisionRecord
    """Model and version that answered, and the times that it took."""


Answer = Classified | Named


def polarity(label: str) -> Polarity:
    """Return the polarity that a label of a sentiment model stands for."""
    return _POLARITIES.get(label.lower()) or Polarity(label.lower())


def _label(prediction: Prediction, output: OutputSpec) -> dict[str, object]:
    labels = output.labels
    class_id = labels.index(prediction.label) if prediction.label in labels else None
    return {"class_id": class_id, **dict(prediction)}
