"""The support bot: one analyzed message in, one routed message out."""

from datetime import UTC, datetime
from uuid import UUID

from services.support_bot.handler import SupportBot
from services.support_bot.replies import load_answers
from services.support_bot.settings import RoutingSettings
from shared.bus.record import Outgoing, Partition, Record
from shared.errors import RejectedError
from shared.events import (
    Channel,
    CustomerMessageAnalyzed,
    DecisionRecord,
    Lane,
    Prediction,
    SupportMessageRouted,
)

BOT = SupportBot(load_answers(), RoutingSettings())
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def analyzed(number: int, *, intent: str | None = "card_arrival") -> CustomerMessageAnalyzed:
    """Return message `number`, understood with certainty when `intent` is given."""
    return CustomerMessageAnalyzed(
        event_id=UUID(int=number),
        occurred_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
        cause_id=UUID(int=1000 + number),
        conversation_id=f"case-{number}",
        customer_id="customer-1",
        channel=Channel.CHAT,
        text="Where is my card?",
        intent=intent and Prediction(label=intent, confidence=0.95, runner_up="card_linking", margin=0.9),
        decision=DecisionRecord(
            model="support_intent",
            model_version="1",
            preprocessing_hash="0" * 64,
            cached=False,
            queue_ms=1.0,
            infer_ms=2.0,
            total_ms=3.0,
            trace_id=TRACE,
        ),
    )


def record(value: bytes | None, *, key: bytes | None = b"case") -> Record:
    """Return a record as it is read, inside a known trace."""
    trace = (("traceparent", f"00-{TRACE}-00f067aa0ba902b7-01".encode()),)
    return Record(Partition(CustomerMessageAnalyzed.name, 0), 7, key, value, trace, 0)


async def routes(*records: Record) -> list[SupportMessageRouted]:
    """Return what the bot says about records that are all fine."""
    outgoing = [written for outcome in await BOT.handle(records) for written in sent(outcome)]
    return [SupportMessageRouted.from_json(written.value or b"") for written in outgoing]


def sent(outcome: object) -> list[Outgoing]:
    """Return the records of an outcome that is no refusal."""
    assert isinstance(outcome, list)
    return outcome


async def test_each_message_gets_one_route_in_the_order_of_arrival() -> None:
    routed = await routes(*(record(analyzed(number).to_json()) for number in (1, 2, 3)))

    assert [event.conversation_id for event in routed] == ["case-1", "case-2", "case-3"]


async def test_a_route_carries_the_message_its_prediction_and_the_way_back_to_it() -> None:
    message = analyzed(1)

    [routed] = await routes(record(message.to_json()))

    assert (routed.cause_id, routed.message_id) == (message.event_id, message.cause_id)
    assert (routed.customer_id, routed.text, routed.intent) == (
        message.customer_id,
        message.text,
        message.intent,
    )
    assert routed.lane is Lane.AUTO


async def test_a_replay_gives_the_same_event_again() -> None:
    message = record(analyzed(1).to_json())

    assert await routes(message) == await routes(message)


async def test_the_route_stays_in_the_trace_of_its_message() -> None:
    [outcome] = await BOT.handle([record(analyzed(1).to_json())])

    headers = dict(sent(outcome)[0].headers)

    assert (headers["traceparent"] or b"").decode().split("-")[1] == TRACE
    assert headers["ce_type"] == b"support.message_routed.v1"


async def test_a_bad_record_is_refused_and_its_neighbours_are_not() -> None:
    good, bad = record(analyzed(1).to_json()), record(b"{")

    first, second, third = await BOT.handle([good, bad, good])

    assert isinstance(second, RejectedError)
    assert second.reason == "not_json"
    assert len(sent(first)) == len(sent(third)) == 1


async def test_a_message_without_any_prediction_is_refused() -> None:
    [outcome] = await BOT.handle([record(analyzed(1, intent=None).to_json())])

    assert isinstance(outcome, RejectedError)
    assert outcome.reason == "wrong_shape"
