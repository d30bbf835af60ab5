"""How the members of a group share its partitions, on every bus that can show it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry

from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.identity import Identity, IdentityClashError
from shared.bus.kafka.reader import KafkaReader
from shared.bus.limits import StreamLimits
from shared.bus.metrics import StreamMetrics
from shared.bus.port import Bus, Consumer
from shared.bus.record import Outgoing, Partition, Record
from shared.bus.stream import Stream
from shared.process.exit_code import ExitCode
from shared.process.run import exit_code_of
from shared.settings import Delivery, KafkaSettings
from tests.support.buses import (
    PATIENCE_S,
    commit_all,
    hold,
    kafka_bus,
    numbered,
    publish,
    read,
    reading,
    until,
)
from tests.support.echo import Echo, echo_source
from tests.support.said import record_of, said, said_on, text_of

# librdkafka's cluster refuses commits once a rebalance has begun: records come twice there. It also
# lets no second static member into a group.
HONEST_REBALANCE = pytest.mark.parametrize("bus", ["memory", "real_kafka"], indirect=True)


@HONEST_REBALANCE
async def test_a_second_member_gets_partitions_only_after_the_first_has_finished(
    bus: Bus, topic: str
) -> None:
    leaving, finish = asyncio.Event(), asyncio.Event()
    seen_by_first, seen_by_second = list[Record](), list[Record]()

    async def finish_slowly(_: frozenset[Partition]) -> None:
        leaving.set()
        await finish.wait()

    await publish(bus, numbered(topic, 10))
    async with reading(bus, topic, on_revoke=finish_slowly) as first, asyncio.timeout(PATIENCE_S):
        seen_by_first += await read(first, 10)
        await commit_all(first, seen_by_first)
        joining = asyncio.create_task(hold(bus, topic, seen_by_second))
        await leaving.wait()
        await publish(bus, numbered(topic, 10))
        late_fetch = asyncio.create_task(first.fetch(max_records=100, timeout_ms=200))
        await asyncio.wait([late_fetch], timeout=0.5)
        assert not late_fetch.done() or late_fetch.result() == {}
        assert seen_by_second == []
        finish.set()
        seen_by_first += [record for records in (await late_fetch).values() for record in records]
        await until(lambda: len(seen_by_first) + len(seen_by_second) >= 20, first, seen_by_first)
        joining.cancel()
        await asyncio.wait([joining])

    mine = {record.partition for record in seen_by_first[10:]}
    theirs = {record.partition for record in seen_by_second}
    assert len(seen_by_first) + len(seen_by_second) == 20
    assert theirs
    assert not mine & theirs


@HONEST_REBALANCE
async def test_the_next_owner_starts_behind_what_is_committed_on_the_way_out(bus: Bus, topic: str) -> None:
    seen: list[Record] = []
    owners: list[Consumer] = []
    left = asyncio.Event()

    async def commit_last(_: frozenset[Partition]) -> None:
        await commit_all(owners[0], seen)
        left.set()

    await publish(bus, numbered(topic, 10))
    async with reading(bus, topic, on_revoke=commit_last) as first, asyncio.timeout(PATIENCE_S):
        owners.append(first)
        seen += await read(first, 10)
        joining = asyncio.create_task(hold(bus, topic, seen))
        await left.wait()
        await publish(bus, numbered(topic, 10))
        await until(lambda: len(seen) >= 20, first, seen)
        joining.cancel()
        await asyncio.wait([joining])

    assert len({(record.partition, record.offset) for record in seen}) == len(seen) == 20


@HONEST_REBALANCE
async def test_lag_can_be_asked_for_while_partitions_change_hands(bus: Bus, topic: str) -> None:
    await publish(bus, numbered(topic, 10))
    async with reading(bus, topic) as first, asyncio.timeout(PATIENCE_S):
        seen = await read(first, 10)
        await commit_all(first, seen)
        joining = asyncio.create_task(hold(bus, topic, seen))
        while len(await first.lag()) == 4:
            await asyncio.gather(first.fetch(max_records=1, timeout_ms=50), *(first.lag() for _ in range(20)))
        left = await first.lag()
        joining.cancel()
        await asyncio.wait([joining])

    assert set(left.values()) <= {0}


async def test_a_restarted_static_member_takes_its_partitions_back_at_once(
    real_kafka: str, topic: str
) -> None:
    bus, revoked = kafka_bus(real_kafka), list[frozenset[Partition]]()

    async def note(partitions: frozenset[Partition]) -> None:
        revoked.append(partitions)

    await publish(bus, numbered(topic, 1))
    async with reading(bus, topic, member="a", on_revoke=note) as other, asyncio.timeout(PATIENCE_S):
        async with reading(bus, topic, member="b") as first_life:
            while not (len(await other.lag()) == len(await first_life.lag()) == 2):
                await asyncio.gather(
                    *(one.fetch(max_records=1, timeout_ms=100) for one in (other, first_life))
                )
            mine = set(await first_life.lag())
            revoked.clear()
        async with reading(bus, topic, member="b") as second_life:
            assert set(await second_life.lag()) == mine
            await other.fetch(max_records=1, timeout_ms=2_000)

    assert revoked == []


@pytest.mark.parametrize("delivery", ["at-least-once", "exactly-once"])
async def test_of_two_processes_with_one_static_name_the_older_ends_and_the_newer_answers(
    real_kafka: str, topic: str, delivery: Delivery
) -> None:
    settings = KafkaSettings(bootstrap=real_kafka, session_timeout_ms=6_000, delivery=delivery)
    stop, event = asyncio.Event(), said_on(topic)
    older, newer = (static_echo(settings, topic, member="worker-1") for _ in range(2))
    first = asyncio.create_task(older.run(asyncio.Event()))
    await answers(settings, topic, [record_of(said("before", on=event))], 1)

    second = asyncio.create_task(newer.run(stop))
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(ExceptionGroup) as ended:
            await first

    found = await answers(settings, topic, [record_of(said(f"after {n}", on=event)) for n in range(5)], 6)
    stop.set()
    await second
    assert ended.group_contains(IdentityClashError, match="has joined group .* as member 'worker-1'")
    assert exit_code_of(ended.value) == ExitCode.WRONG_USE
    assert sorted(map(text_of, found)) == ["after 0", "after 1", "after 2", "after 3", "after 4", "before"]


async def test_new_clients_of_the_same_process_are_no_other_process(real_kafka: str, topic: str) -> None:
    bus = kafka_bus(real_kafka)
    for _ in range(2):
        async with reading(bus, topic, member="worker-1") as consumer:
            await publish(bus, numbered(topic, 10))
            records = await read(consumer, 10)
            await commit_all(consumer, records)

    assert len(records) == 10


async def test_a_restarted_process_finds_no_other_under_its_name(real_kafka: str, topic: str) -> None:
    settings = KafkaSettings(bootstrap=real_kafka, session_timeout_ms=6_000)
    event = said_on(topic)
    for life in range(3):
        stop = asyncio.Event()
        running = asyncio.create_task(static_echo(settings, topic, member="worker-1").run(stop))
        await answers(settings, topic, [record_of(said(f"life {life}", on=event))], life + 1)
        identity = Identity(settings, group=topic, name="worker-1")
        identity.note_joined()
        with pytest.raises(IdentityClashError):  # of anyone but the process itself
            await identity.refuse_clash()
        stop.set()
        await running


def static_echo(settings: KafkaSettings, topic: str, *, member: str) -> Stream:
    """Return a stream with a bus of its own, as each process has one."""
    source = replace(echo_source(topic, group=topic), member=member)
    metrics = StreamMetrics(CollectorRegistry())
    return Stream(KafkaBus(settings), source, Echo(f"{topic}.out"), limits=StreamLimits(), metrics=metrics)


async def answers(
    settings: KafkaSettings, topic: str, questions: Sequence[Outgoing], count: int
) -> list[Record]:
    """Publish, and return all answers once so many are there, and any more of the next second."""
    await publish(KafkaBus(settings), questions)
    reader = KafkaReader(settings, [f"{topic}.out"])
    await reader.start()
    found: list[Record] = []
    try:
        async with asyncio.timeout(PATIENCE_S):
            while len(found) < count:
                found += await reader.fetch(timeout_ms=200)
        return found + await reader.fetch(timeout_ms=1_000)
    finally:
        await reader.stop()
