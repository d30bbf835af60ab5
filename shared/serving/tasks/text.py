"""Tasks of models that read a text."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from shared.errors import RejectedError
from shared.events import DecisionRecord, Event
from shared.inference.batcher import Row
from shared.inference.encoders import text_encoder
from shared.inference.inputs import text_inputs
from shared.inference.text import Ids, canonical_text
from shared.repository.bundle import ModelBundle
from shared.serving.task import Task, always

In = TypeVar("In", bound=Event)

ENCODER_TOKENS = 512
"""Token budget of a BERT batch: the fastest of 256 to 2048 on two cores; larger ones leave the CPU cache."""


def text_task(
    model: str,
    *,
    wanted: Callable[[In], bool] = always,
    raw: Callable[[In], str],
    result: Callable[[In, Row, ModelBundle, DecisionRecord], Event],
    token_budget: int = ENCODER_TOKENS,
) -> Task[In, str, Ids]:
    """Return the task of a text model; `raw` takes the text from an event."""
    return Task(
        model=model,
        wanted=wanted,
        raw=lambda event: canonical_text(raw(event)),
        canonical=str.encode,
        encoder=_encoder,
        length=len,
        token_budget=token_budget,
        pad=text_inputs,
        result=result,
    )


def _encoder(bundle: ModelBundle) -> Callable[[Sequence[str]], Sequence[Ids | RejectedError]]:
    return text_encoder(bundle).encode_canonical
