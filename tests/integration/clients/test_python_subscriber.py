"""Subscriber of the Python client: each event once, committed when handled, and a bad record named."""

import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from clients.python.tidemill_events import RejectedError, subscribe
from shared.bus.kafka.bus import KafkaBus
from shared.bus.record import Outgoing
from shared.events import CustomerMessageReceived, Reason
from shared.settings import KafkaSettings
from tests.support.buses import publish
from tests.support.events import message


class Told(CustomerMessageReceived):
    """Event of one test, on a topic that nobody else uses."""


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> type[Told]:
    """Return an event whose topic is new."""
    monkeypatch.setattr(Told, "name", f"told.{uuid.uuid4()}")
    return Told


async def sent(bootstrap: str, records: Sequence[Outgoing]) -> None:
    """Write records to their topics."""
    bus = KafkaBus(KafkaSettings(bootstrap=bootstrap))
    await bus.create_topics(sorted({record.topic for record in records}), partitions=2)
    await publish(bus, records)


def record(event: type[Told], number: int) -> Outgoing:
    """Return message `number` of one conversation, on the topic of the test."""
    sent = message(number).model_copy(update={"conversation_id": "c-1"})
    return Outgoing(event.name, sent.key, sent.to_json())


async def handled(bootstrap: str, event: type[Told], count: int, **settings: Any) -> list[int]:
    """Return the numbers of the next `count` messages, all of which are handled."""
    numbers = []
    async with subscribe(event, bootstrap=bootstrap, group=event.name, **settings) as events:
        async for each in events:
            numbers.append(each.event_id.int)
            if len(numbers) == count:
                break
    return numbers


async def test_the_next_subscriber_of_the_group_goes_on_behind_what_was_handled(
    real_kafka: str, told: type[Told]
) -> None:
    await sent(real_kafka, [record(told, number) for number in (1, 2, 3, 4)])

    first = await handled(real_kafka, told, 2)
    second = await handled(real_kafka, told, 2)

    assert (first, second) == ([1, 2], [3, 4])


async def test_an_event_whose_handling_failed_comes_again(real_kafka: str, told: type[Told]) -> None:
    await sent(real_kafka, [record(told, number) for number in (1, 2)])

    async def fail_at_the_second() -> None:
        async with subscribe(told, bootstrap=real_kafka, group=told.name) as events:
            async for each in events:
                assert each.event_id.int == 1

    with pytest.raises(AssertionError):
        await fail_at_the_second()

    assert await handled(real_kafka, told, 1) == [2]


async def test_an_event_that_comes_twice_is_handled_once(real_kafka: str, told: type[Told]) -> None:
    await sent(real_kafka, [record(told, number) for number in (1, 2, 1, 2, 3)])

    assert await handled(real_kafka, told, 3) == [1, 2, 3]


async def test_a_repeat_behind_a_full_memory_comes_again(real_kafka: str, told: type[Told]) -> None:
    await sent(real_kafka, [record(told, number) for number in (1, 2, 1)])

    assert await handled(real_kafka, told, 3, remember=1) == [1, 2, 1]


async def test_a_record_that_is_no_event_is_named(real_kafka: str, told: type[Told]) -> None:
    await sent(real_kafka, [record(told, 1), Outgoing(told.name, b"c-1", b"{")])

    with pytest.raises(RejectedError, match=f"{told.name}, partition [0-9]+, offset 1") as refused:
        await handled(real_kafka, told, 2)

    assert refused.value.reason is Reason.NOT_JSON


async def test_a_record_that_is_no_event_can_be_skipped(real_kafka: str, told: type[Told]) -> None:
    await sent(real_kafka, [record(told, 1), Outgoing(told.name, b"c-1", b"{"), record(told, 2)])
    skipped: list[tuple[int, Reason]] = []

    numbers = await handled(
        real_kafka,
        told,
        2,
        on_rejected=lambda record, error: skipped.append((record.offset, error.reason)),
    )

    assert numbers == [1, 2]
    assert skipped == [(1, Reason.NOT_JSON)]
