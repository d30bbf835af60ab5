"""Order of the effects of a chunk: publish, then store, then mark; retries, and dead letters."""

import json
from collections import deque
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from shared.bus.dead_letters import DeadLetterFloodError
from shared.bus.limits import GuardLimits
from shared.bus.metrics import StreamMetrics
from shared.bus.port import RecordTooLargeError
from shared.bus.record import Outgoing, Place, Record
from shared.errors import RejectedError, RetryableError
from shared.reasons import Reason
from shared.stateful.apply import Applier, ApplierPolicy
from shared.stateful.table import StateTable
from tests.support.counting import REFUSED, START, Count, Counted, Counting, Noted, note, record
from tests.support.stateful import Acknowledged, MemoryRows
from tests.support.virtual_time import run_in_virtual_time

TOLD = f"publish {Counted.name}"
BROKEN = replace(record(note(0, "Alder"), 7), value=b"{", headers=(("h", b"1"), ("ce_id", b"e1")))


class Broker(MemoryRows):
    """Notes what is written, in order; the next writes raise what is queued."""

    def __init__(self, idle_after: timedelta | None = None) -> None:
        super().__init__()
        self.history: list[str] = []
        self.published: list[Outgoing] = []
        self.publish_errors: deque[Exception] = deque()
        self.store_errors: deque[Exception] = deque()
        self.result_max_bytes = 10**9
        self.registry = CollectorRegistry()
        self.clock = START
        self.table = StateTable(self, self, Counting(idle_after))
        self.applier = Applier(
            Counting(idle_after),
            self.table,
            self,
            ApplierPolicy(
                group="counting",
                source="tests",
                reads=[Noted],
                metrics=StreamMetrics(self.registry),
                limits=GuardLimits(dead_letter_max_share=0.5, dead_letter_min_count=3),
                clock=self.now,
            ),
        )

    async def start(self) -> None:
        """Do nothing: it is always there."""

    async def stop(self) -> None:
        """Do nothing."""

    def now(self) -> datetime:
        """Return the time on the clock."""
        return self.clock

    async def publish(self, records: Sequence[Outgoing]) -> Sequence[Place]:
        """Note the records, or raise."""
        if self.publish_errors:
            raise self.publish_errors.popleft()
        if any(each.size_bytes > self.result_max_bytes for each in records if each.topic == Counted.name):
            raise RecordTooLargeError("no")
        self.history += [f"publish {each.topic}" for each in records]
        self.published += records
        return []

    def write(self, partition: int, key: bytes, value: bytes | None) -> Awaitable[None]:
        """Note a row with the offset that it is applied up to, or fail."""
        if self.store_errors:
            return Acknowledged(self.store_errors.popleft())
        positions = json.loads(value)["positions"] if value else {}
        offset = positions.get(Noted.name, {}).get("offset")
        self.history.append(f"{'mark' if key.startswith(bytes(1)) else 'store'} {key.decode()[-5:]} {offset}")
        return super().write(partition, key, value)

    async def read(self, *records: Record) -> None:
        """Apply records as chunks of one."""
        for each in records:
            await self.applier.apply([each])

    def sample(self, name: str, **labels: str) -> float | None:
        """Return the value of a metric."""
        return self.registry.get_sample_value(name, {"stream": Noted.name, **labels})


def notes(count: int) -> list[Record]:
    return [record(note(number, "Alder"), number) for number in range(count)]


async def test_a_chunk_is_published_then_stored_then_marked() -> None:
    broker = Broker()

    await broker.applier.apply(notes(3))

    assert broker.history == [*[TOLD] * 3, "mark \x000 None", "store Alder 2", "mark \x000 2"]


async def test_a_chunk_is_stored_and_marked_once_however_many_records_it_has() -> None:
    broker = Broker()
    await broker.applier.apply(notes(50))

    await broker.applier.apply([record(note(n, f"Co {n % 3}"), n) for n in range(50, 100)])

    assert sum(entry.startswith(("store", "mark")) for entry in broker.history) == 3 + 4


def test_a_result_that_cannot_be_published_now_is_held_and_nothing_is_stored_meanwhile() -> None:
    broker = Broker()
    broker.publish_errors.extend(RetryableError("away") for _ in range(3))

    run_in_virtual_time(broker.read(*notes(1)))

    assert broker.history == [TOLD, "mark \x000 None", "store Alder 0", "mark \x000 0"]
    assert broker.sample("tidemill_retries_total", step="publish") == 3


def test_a_state_that_cannot_be_stored_now_is_stored_later_and_marked_behind_that() -> None:
    broker = Broker()
    run_in_virtual_time(broker.read(*notes(1)))
    broker.store_errors.append(ConnectionError("away"))

    run_in_virtual_time(broker.read(record(note(1, "Alder"), 1)))

    assert broker.history[-2:] == ["store Alder 1", "mark \x000 1"]
    assert broker.sample("tidemill_retries_total", step="store") == 1


async def test_what_can_never_work_becomes_one_dead_letter_with_its_bytes() -> None:
    broker = Broker()

    await broker.read(BROKEN, record(note(1, "Alder"), 8))

    dead = broker.published[0]
    assert (dead.topic, dead.key, dead.value) == (f"{Noted.name}.dead", b"Alder", b"{")
    assert ("h", b"1") in dead.headers
    assert broker.history[2] == "mark \x000 7"  # so that a restart does not dead-letter it again
    assert broker.sample("tidemill_dead_letters_total", reason="not_json") == 1
    assert broker.history[-2:] == ["store Alder 8", "mark \x000 8"]


async def test_a_dead_letter_is_logged_with_the_event_that_it_holds() -> None:
    with capture_logs() as logs:
        await Broker().read(BROKEN)

    [line] = [line for line in logs if line["event"] == "record_dead_lettered"]
    assert (line["event_id"], line["offset"], line["reason"]) == ("e1", 7, Reason.NOT_JSON)
    assert "trace_id" in line


async def test_an_event_that_the_service_refuses_becomes_a_dead_letter_between_its_neighbours() -> None:
    broker = Broker()
    refused = record(note(1, "Alder", text=REFUSED), 1)

    await broker.applier.apply([notes(1)[0], refused, record(note(2, "Alder"), 2)])

    assert [each.topic for each in broker.published] == [Counted.name, f"{Noted.name}.dead", Counted.name]
    assert broker.history[-2:] == ["store Alder 2", "mark \x000 2"]


async def test_a_record_that_could_not_be_parsed_becomes_a_dead_letter() -> None:
    broker = Broker()

    await broker.read(replace(notes(1)[0], flaw=RejectedError(Reason.HEADER_NOT_UTF8, "no")))

    assert broker.sample("tidemill_dead_letters_total", reason="header_not_utf8") == 1


async def test_a_dead_letter_that_the_broker_finds_too_large_is_shortened() -> None:
    broker, huge = Broker(), replace(BROKEN, value=b"{" * 1_000_000)
    broker.publish_errors.append(RecordTooLargeError("no"))

    await broker.read(huge, record(note(1, "Alder"), 8))

    dead = broker.published[0]
    assert (dead.topic, dead.key, dead.value) == (f"{Noted.name}.dead", b"Alder", None)
    assert broker.history[2] == "mark \x000 7"
    assert broker.history[-2:] == ["store Alder 8", "mark \x000 8"]


async def test_a_record_whose_result_is_too_large_for_its_topic_becomes_one_dead_letter() -> None:
    broker = Broker()
    broker.result_max_bytes = 100

    await broker.applier.apply(notes(1))

    [dead] = broker.published
    assert dead.topic == f"{Noted.name}.dead"
    assert dict(dead.headers)["tidemill-reason"] == b"result_too_large"
    assert broker.history[-2:] == ["store Alder 0", "mark \x000 0"]


async def test_a_flood_of_dead_letters_stops_the_service_behind_them() -> None:
    broker = Broker()

    with pytest.raises(DeadLetterFloodError):
        await broker.read(BROKEN, BROKEN, BROKEN)

    assert broker.history[-1] == "mark \x000 7"


async def test_a_bug_goes_through_and_leaves_the_chunk_unapplied() -> None:
    broker = Broker()
    await broker.read(*notes(4))
    broker.publish_errors.append(ZeroDivisionError())

    with pytest.raises(ZeroDivisionError):
        await broker.read(record(note(4, "Alder"), 4))

    assert broker.history[-1] == "mark \x000 3"


async def test_the_clock_is_asked_without_a_record_and_its_result_is_stored() -> None:
    broker = Broker()
    await broker.read(record(note(1, "Alder", text="wait 5"), 0))
    broker.clock = START + timedelta(minutes=6)

    await broker.applier.pass_clock()
    await broker.applier.pass_clock()

    assert broker.history[-2:] == [TOLD, "store Alder 0"]
    assert broker.history.count(TOLD) == 2


async def test_an_idle_key_is_deleted_behind_the_mark() -> None:
    broker = Broker(idle_after=timedelta(hours=2))
    await broker.read(record(note(1, "Alder"), 0), record(note(2, "Birch", minute=90), 1))

    await broker.read(record(note(3, "Birch", minute=180), 2))

    assert broker.history[-2:] == ["mark \x000 2", "store Alder None"]
    assert broker.written[-1] == (0, b"Alder", None)
    state = broker.table.get("Birch")
    assert isinstance(state, Count)
