"""The support bot: one analyzed message in, one routed message out."""

from datetime import UTC, datetime
from uuid import UUID

from services.support_bot.handler import SupportBot
from services.support_bot.replies import load_answers
from services.support_bot.settings import RoutingSettings
from shared.bus.port import Outcome
from shared.errors import RejectedError
from shared.events import (
    Channel,
    CustomerMessageAnalyzed,
    Lane,
    Prediction,
    SupportMessageRouted,
)
from shared.reasons import Reason
from tests.support.events import decision
from tests.support.received import TRACE, received

BOT = SupportBot(load_answers(), RoutingSettings())


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
        decision=decision("support_intent", trace_id=TRACE.id),
    )


async def routes(*messages: CustomerMessageAnalyzed) -> list[SupportMessageRouted]:
    """Return the routes of messages that are all fine."""
    outcomes = await BOT.handle(received(*messages))
    return [event for outcome in outcomes for event in routed_in(outcome)]


def routed_in(outcome: Outcome) -> list[SupportMessageRouted]:
    """Return the events of an outcome that is no refusal."""
    assert not isinstance(outcome, RejectedError)
    return [event for event in outcome if isinstance(event, SupportMessageRouted)]


async def test_each_message_gets_one_route_in_the_order_of_arrival() -> None:
    routed = await routes(analyzed(1), analyzed(2), analyzed(3))

    assert [event.conversation_id for event in routed] == ["case-1", "case-2", "case-3"]


async def test_a_route_says_where_the_message_came_in_and_which_model_was_followed() -> None:
    message = analyzed(1)
    measured = message.decision.model_copy(update={"model_version": "3", "out_of_scope": 0.25})

    [routed] = await routes(message.model_copy(update={"channel": Channel.EMAIL, "decision": measured}))

    assert routed.channel is Channel.EMAIL
    assert (routed.model, routed.model_version, routed.out_of_scope) == ("support_intent", "3", 0.25)


async def test_a_route_carries_the_message_its_prediction_and_the_way_back_to_it() -> None:
    message = analyzed(1)

    [routed] = await routes(message)

    assert (routed.cause_id, routed.message_id) == (message.event_id, message.cause_id)
    assert (routed.customer_id, routed.text, routed.intent) == (
        message.customer_id,
        message.text,
        message.intent,
    )
    assert routed.lane is Lane.AUTO


async def test_a_replay_gives_the_same_event_again() -> None:
    message = analyzed(1)

    assert await routes(message) == await routes(message)


async def test_a_message_without_any_prediction_is_refused_and_its_neighbours_are_not() -> None:
    good, bad = analyzed(1), analyzed(2, intent=None)

    first, second, third = await BOT.handle(received(good, bad, good))

    assert isinstance(second, RejectedError)
    assert second.reason is Reason.WRONG_SHAPE
    assert len(routed_in(first)) == len(routed_in(third)) == 1
