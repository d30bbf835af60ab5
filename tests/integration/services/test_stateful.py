"""A stateful service on real Kafka: two inputs, the clock, and tables that don't fit their topics."""

import asyncio
import json
import threading

import pytest

from shared.bus.kafka.identity import IdentityClashError
from shared.bus.kafka.reader import KafkaReader
from shared.bus.port import LostRecordsError
from shared.bus.record import Outgoing
from shared.errors import ConfigError
from shared.stateful.whole import WholeTable
from tests.integration.services.counting_service import PATIENCE_S, CountingService
from tests.integration.services.service_process import publish
from tests.support.counting import START, Noted, note

pytestmark = [pytest.mark.usefixtures("faust_in_this_process"), pytest.mark.timeout(150)]


@pytest.fixture
def service(real_kafka: str) -> CountingService:
    """Return a counting service that does not run."""
    return CountingService(real_kafka)


def on(event_type: type[Noted], *numbers: int, company: str = "Alder", text: str = "") -> list[Noted]:
    """Return notes on the topic of this event type."""
    return [event_type.model_validate(note(n, company, text=text).model_dump()) for n in numbers]


async def ended(service: CountingService) -> None:
    """Run the service until it ends by itself."""
    async with asyncio.timeout(PATIENCE_S):
        await service.serve(asyncio.Event())


async def test_events_of_two_topics_change_the_state_of_one_key(service: CountingService) -> None:
    await service.create(partitions=2)
    await service.write(
        *on(service.notes, 1, 2), *on(service.trades, 3), *on(service.trades, 4, company="Birch")
    )

    async with service.running():
        counted = await service.counted(4)

    assert sorted(counted) == [("Alder", 1), ("Alder", 2), ("Alder", 3), ("Birch", 1)]


async def test_the_state_is_there_after_a_restart(service: CountingService) -> None:
    await service.create()
    await service.write(*on(service.notes, 1, 2))
    async with service.running():
        await service.counted(2)

    await service.write(*on(service.notes, 3))
    async with service.running():
        counted = await service.counted(3)

    assert counted == [("Alder", 1), ("Alder", 2), ("Alder", 3)]


# The older one's Faust thread is in the midst of a rebalance, which must not go on, and ends with an error.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_of_two_processes_with_one_static_name_the_older_ends(service: CountingService) -> None:
    service.kafka = service.kafka.model_copy(update={"member": "counter-1", "session_timeout_ms": 6_000})
    await service.create()
    await service.write(*on(service.notes, 1))
    before = set(threading.enumerate())
    older = asyncio.create_task(ended(service))
    await service.counted(1)
    older_threads = set(threading.enumerate()) - before

    async with service.running():
        with pytest.raises(IdentityClashError, match="as member 'counter-1'"):
            await older
        await service.write(*on(service.notes, 2))
        counted = await service.counted(2)
    for thread in older_threads:
        await asyncio.to_thread(thread.join, PATIENCE_S)

    assert counted == [("Alder", 1), ("Alder", 2)]


async def test_the_clock_wakes_a_state_without_a_record(service: CountingService) -> None:
    await service.create()
    await service.write(*on(service.notes, 1, text="wait 5"))

    async with service.running():
        _, quiet = await service.results(2)

    assert (quiet.count, (quiet.occurred_at - START).total_seconds()) == (0, 300)


async def test_inputs_with_other_partitions_than_each_other_stop_the_start(service: CountingService) -> None:
    await service.create(partitions=2, trades=1)

    with pytest.raises(ConfigError, match="need equally many partitions"):
        await ended(service)


async def test_a_topic_that_grows_stops_the_running_service_and_every_start(service: CountingService) -> None:
    await service.create()
    await service.write(*on(service.notes, 1))
    running = asyncio.create_task(ended(service))
    await service.counted(1)

    for event in (service.notes, service.trades):
        await service.grow(event.name, 2)

    cure = f"has 1: keys have moved .* delete {service.changelog}"
    with pytest.raises(ConfigError, match=f"({cure})|need equally many"):
        await running
    with pytest.raises(ConfigError, match=cure):
        await ended(service)


async def test_after_the_cure_a_grown_topic_is_read_anew_with_the_same_ids(service: CountingService) -> None:
    await service.create()
    await service.write(*on(service.notes, 1, 2))
    async with service.running():
        before = await service.results(2)
    for event in (service.notes, service.trades):
        await service.grow(event.name, 2)

    await service.delete(service.changelog)
    async with service.running():
        both = await service.results(4)

    assert {event.event_id for event in both} == {event.event_id for event in before}


async def test_a_topic_made_again_stops_the_start_and_nothing_is_acknowledged(
    service: CountingService,
) -> None:
    await service.create()
    await service.write(*on(service.notes, *range(5)))
    async with service.running():
        await service.counted(5)

    await service.delete(service.notes.name)
    await service.create()
    await service.write(*on(service.notes, 6))

    with pytest.raises(
        LostRecordsError, match=f"offset 4, but the log ends at 1.* delete {service.changelog}"
    ):
        await ended(service)


async def test_a_topic_made_again_and_filled_past_the_table_stops_the_start(service: CountingService) -> None:
    await service.create()
    await service.write(*on(service.notes, *range(3)))
    async with service.running():
        await service.counted(3)

    await service.delete(service.notes.name)
    await service.create()
    await service.write(*on(service.notes, *range(10, 20)))

    with pytest.raises(LostRecordsError, match="offset 2, but another record is there now"):
        await ended(service)


async def test_states_of_a_newer_release_stop_the_start(service: CountingService) -> None:
    await service.create()
    async with service.running():
        await service.write(*on(service.notes, 1))
        await service.counted(1)
    newer = {"version": 4, "key": "Cedar", "partition": 0, "positions": {}}
    await publish(
        service.kafka.bootstrap, [Outgoing(service.changelog, b"Cedar", json.dumps(newer).encode())]
    )

    with pytest.raises(ConfigError, match="holds states of version 4"):
        await ended(service)


async def test_a_whole_table_is_read_from_all_partitions_and_followed(service: CountingService) -> None:
    await service.create(partitions=2)
    await service.write(*on(service.notes, 1), *on(service.notes, 2, company="Birch"))
    table = WholeTable(KafkaReader(service.kafka, [service.notes.name]), service.notes)
    await table.start()
    following = asyncio.create_task(table.follow())

    assert set(table) == {service.company("Alder"), service.company("Birch")}
    await service.write(*on(service.notes, 3, company="Cedar"))
    async with asyncio.timeout(PATIENCE_S):
        while service.company("Cedar") not in table:  # noqa: ASYNC110 - Kafka's time is real
            await asyncio.sleep(0.05)

    following.cancel()
    await table.stop()
