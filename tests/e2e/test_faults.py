"""Parts are killed in the middle of a stream: nothing is lost, and they are back soon."""

import asyncio
from collections.abc import Sequence
from functools import partial
from uuid import UUID, uuid5

import psutil
import pytest
import structlog

from shared.bus.record import Outgoing
from shared.events import CustomerMessageAnalyzed, CustomerMessageReceived, SupportMessageRouted
from tests.support.events import NOON
from tests.support.parts import Parts
from tests.support.pipeline import Books, Pipeline, pipeline

log = structlog.get_logger()
pytestmark = pytest.mark.timeout(300)

_NAMESPACE = UUID("b0a4d9c2-6e0f-4c58-9a3e-0d1d5b7c8e11")
MESSAGE_COUNT = 400
BACK_WITHIN_S = 15.0

VICTIMS = {
    "the inference service": "inference-messages",
    "the support bot": "support-bot",
    "Triton": "triton",
    "a Python stub of Triton": "triton",
    "Redis": "redis",
}


def test_whatever_is_killed_nothing_is_lost_and_it_is_back_soon() -> None:
    """One stack for all, as its start takes longest."""
    asyncio.run(_kill_one_after_the_other())


async def _kill_one_after_the_other() -> None:
    async with pipeline() as running:
        for victim, part in VICTIMS.items():
            messages = _messages(victim)
            back_after_s = await _send_and_kill(running, messages, victim, part)
            sent = {message.event_id for message in messages}
            books = await running.read(partial(_answered, sent))

            assert sent - _analyzed(books) == set(), f"lost when {victim} was killed"
            assert sent - _routed(books) == set(), f"lost when {victim} was killed"
            assert books.dead == []
            log.info("killed_and_back", victim=victim, back_after_s=round(back_after_s, 1))
            assert back_after_s < BACK_WITHIN_S, f"{victim} was away for {back_after_s:.1f} s"


async def _send_and_kill(
    running: Pipeline, messages: Sequence[CustomerMessageReceived], victim: str, part: str
) -> float:
    """Send messages, kill when a third of them is on its way; return how long the part was away."""
    records = [Outgoing(message.name, message.key, message.to_json()) for message in messages]
    sending = asyncio.create_task(running.send(records, every=20, pause_s=0.1))
    await asyncio.sleep(0.7)
    process = await _process(running.parts, victim, part)
    since, clock = running.parts.mark(), asyncio.get_running_loop().time
    began_s = clock()
    process.kill()
    await running.parts.back(part, since=since)
    back_after_s = clock() - began_s
    await sending
    return back_after_s


async def _process(parts: Parts, victim: str, part: str) -> psutil.Process:
    if victim == "a Python stub of Triton":
        return await parts.process_of_model("support_intent")
    return await parts.process(part)


def _messages(victim: str) -> list[CustomerMessageReceived]:
    """Return questions that no cache has seen."""
    return [
        CustomerMessageReceived(
            event_id=uuid5(_NAMESPACE, f"{victim} {number}"),
            occurred_at=NOON,
            conversation_id=f"{victim} {number % 20}",
            text=f"Payment {number} left my account while {victim} was busy. When will it arrive?",
        )
        for number in range(MESSAGE_COUNT)
    ]


def _answered(sent: set[UUID], books: Books) -> bool:
    return sent <= _analyzed(books) and sent <= _routed(books)


def _analyzed(books: Books) -> set[UUID]:
    return set(books.causes(CustomerMessageAnalyzed.name))


def _routed(books: Books) -> set[UUID]:
    return set(books.causes(SupportMessageRouted.name, "message_id"))
