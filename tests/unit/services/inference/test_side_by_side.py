"""InferenceHandler with two models: one event has the answers of both, or there is none."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import numpy as np

from services.inference.handler import InferenceHandler
from shared.cache.memory import NullCache
from shared.errors import RejectedError
from shared.events import CustomerMessageAnalyzed, CustomerMessageReceived
from shared.inference.batcher import Batcher, BatchLimits, Row
from shared.inference.prediction import prediction
from shared.reasons import Reason
from shared.repository.bundle import ModelBundle, OutputSpec, TextSpec
from shared.serving.predictor import InputEncoding, Predictor
from shared.serving.streams import StreamTasks
from shared.serving.task import always
from shared.serving.tasks import review_sentiment, support_intent
from tests.support.metrics import model_metrics
from tests.support.received import received

Said = Callable[[str], Row | RejectedError]
MOOD = replace(
    review_sentiment.TASK,
    wanted=always,
    result=lambda message, row, bundle, _: message.model_copy(update={"sentiment": prediction(row, bundle)}),
)
TASKS = StreamTasks(CustomerMessageReceived, (support_intent.TASK, MOOD))


def second_label(_: str) -> Row | RejectedError:
    return {"logits": np.array([0.0, 3.0], dtype=np.float32)}


def refuse_bad(text: str) -> Row | RejectedError:
    return RejectedError(Reason.MODEL_FAILED, "no") if text == "bad" else second_label(text)


def a_predictor(model: str, labels: tuple[str, str], said: Said) -> Predictor[str, str]:
    async def answer(texts: Sequence[str]) -> list[Row | RejectedError]:
        return [said(text) for text in texts]

    spec = TextSpec(max_tokens=9, outputs={"logits": OutputSpec(labels=labels)})
    return Predictor(
        ModelBundle(model=model, version="1", folder=Path("nowhere"), spec=spec, preprocessing_hash="0" * 64),
        InputEncoding(canonical=str.encode, encode=list),
        Batcher(answer, len, limits=BatchLimits(max_wait_s=0.0), metrics=model_metrics()),
        cache=NullCache(),
        executor=ThreadPoolExecutor(max_workers=1),
    )


def a_handler(*, mood: Said) -> InferenceHandler:
    return InferenceHandler(
        TASKS,
        {
            "support_intent": a_predictor("support_intent", ("lost_card", "top_up"), second_label),
            "review_sentiment": a_predictor("review_sentiment", ("negative", "positive"), mood),
        },
    )


def a_message(text: str) -> CustomerMessageReceived:
    return CustomerMessageReceived(
        event_id=UUID(int=1), occurred_at=datetime(2030, 1, 1, tzinfo=UTC), conversation_id="c", text=text
    )


async def test_both_models_answer_in_one_event_whose_decision_is_that_of_the_first() -> None:
    (outcome,) = await a_handler(mood=second_label).handle(received(a_message("hello")))

    assert not isinstance(outcome, RejectedError)
    (event,) = outcome
    assert isinstance(event, CustomerMessageAnalyzed)
    assert event.intent is not None
    assert event.sentiment is not None
    assert (event.intent.label, event.sentiment.label) == ("top_up", "positive")
    assert event.decision.model == "support_intent"


async def test_what_one_of_the_models_refuses_has_no_half_result() -> None:
    bad, good = await a_handler(mood=refuse_bad).handle(received(a_message("bad"), a_message("good")))

    assert isinstance(bad, RejectedError)
    assert bad.reason == "model_failed"
    assert not isinstance(good, RejectedError)
