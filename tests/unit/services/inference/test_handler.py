"""InferenceHandler: every event gets exactly one analyzed event or one refusal."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import numpy as np

from services.inference.handler import InferenceHandler
from shared.bus.port import Outcome
from shared.cache.memory import NullCache
from shared.catalogue import STREAMS
from shared.errors import RejectedError
from shared.events import Channel, CustomerMessageAnalyzed, CustomerMessageReceived
from shared.inference.batcher import Batcher, BatchLimits, Row, RunBatch
from shared.inference.prototypes import IntentsFile
from shared.reasons import Reason
from shared.repository.bundle import ModelBundle, OutputSpec, TextSpec
from shared.serving.predictor import InputEncoding, Predictor
from shared.serving.streams import stream_tasks
from tests.support.metrics import model_metrics
from tests.support.received import TRACE, received

MESSAGES = stream_tasks(STREAMS["messages"], IntentsFile(Path("no intents were added")))
LABELS = {"support_intent": ("lost_card", "top_up"), "review_sentiment": ("negative", "positive")}


async def second_label(texts: Sequence[str]) -> list[Row | RejectedError]:
    return [{"logits": np.array([0.0, 3.0], dtype=np.float32)} for _ in texts]


def a_predictor(model: str, said: RunBatch[str] = second_label, *, version: str = "1") -> Predictor[str, str]:
    bundle = ModelBundle(
        model=model,
        version=version,
        folder=Path("nowhere"),
        spec=TextSpec(max_tokens=9, outputs={"logits": OutputSpec(labels=LABELS[model])}),
        preprocessing_hash="0" * 64,
    )
    return Predictor(
        bundle,
        InputEncoding(canonical=str.encode, encode=list),
        Batcher(said, len, limits=BatchLimits(max_wait_s=0.0), metrics=model_metrics()),
        cache=NullCache(),
        executor=ThreadPoolExecutor(max_workers=1),
    )


def a_handler() -> InferenceHandler:
    return InferenceHandler(MESSAGES, {model: a_predictor(model) for model in LABELS})


def a_message(number: int, channel: Channel = Channel.CHAT) -> CustomerMessageReceived:
    return CustomerMessageReceived(
        event_id=UUID(int=number),
        occurred_at=datetime(2030, 1, 1, tzinfo=UTC),
        conversation_id=f"c{number}",
        channel=channel,
        text=f"message {number}",
    )


def analyzed(outcome: Outcome) -> CustomerMessageAnalyzed:
    assert not isinstance(outcome, RejectedError)
    (event,) = outcome
    assert isinstance(event, CustomerMessageAnalyzed)
    return event


async def test_a_review_is_judged_for_its_sentiment_and_a_chat_for_its_intent() -> None:
    chat, review = a_message(1), a_message(2, Channel.REVIEW)

    first, second = await a_handler().handle(received(chat, review))

    intent, sentiment = analyzed(first).intent, analyzed(second).sentiment
    assert intent is not None
    assert intent.label == "top_up"
    assert sentiment is not None
    assert sentiment.label == "positive"
    assert analyzed(first).sentiment is None


async def test_a_refused_message_hurts_no_neighbour() -> None:
    async def refuse_second(texts: Sequence[str]) -> list[Row | RejectedError]:
        rows = await second_label(texts)
        no = RejectedError(Reason.MODEL_FAILED, "no")
        return [no if text == "message 2" else row for text, row in zip(texts, rows, strict=True)]

    handler = InferenceHandler(MESSAGES, {"support_intent": a_predictor("support_intent", refuse_second)})

    before, bad, after = await handler.handle(received(*map(a_message, (1, 2, 3))))

    assert isinstance(bad, RejectedError)
    assert bad.reason is Reason.MODEL_FAILED
    assert [analyzed(before).cause_id, analyzed(after).cause_id] == [UUID(int=1), UUID(int=3)]


async def test_a_replay_gives_the_same_event_id() -> None:
    (once,) = await a_handler().handle(received(a_message(1)))
    (again,) = await a_handler().handle(received(a_message(1)))

    assert analyzed(once).event_id == analyzed(again).event_id


async def test_the_decision_names_the_trace_of_the_message() -> None:
    (outcome,) = await a_handler().handle(received(a_message(1)))

    assert analyzed(outcome).decision.trace_id == TRACE.id


async def test_the_result_names_the_model_that_gave_it() -> None:
    (outcome,) = await a_handler().handle(received(a_message(1)))

    decision = analyzed(outcome).decision
    assert (decision.model, decision.model_version) == ("support_intent", "1")
    assert not decision.cached


async def test_a_version_that_takes_over_meanwhile_is_not_named_for_what_the_old_one_said() -> None:
    was_asked, may_answer = asyncio.Event(), asyncio.Event()

    async def slowly(texts: Sequence[str]) -> list[Row | RejectedError]:
        was_asked.set()
        await may_answer.wait()
        return await second_label(texts)

    predictors = {"support_intent": a_predictor("support_intent", slowly)}
    handler = InferenceHandler(MESSAGES, predictors)
    asking = asyncio.create_task(handler.handle(received(a_message(1))))
    await was_asked.wait()
    predictors["support_intent"] = a_predictor("support_intent", version="2")
    (after,) = await handler.handle(received(a_message(2)))
    may_answer.set()
    (before,) = await asking

    assert [analyzed(each).decision.model_version for each in (before, after)] == ["1", "2"]
