"""Results and dead letters that the broker refuses for their size: one smaller letter, neighbours served."""

from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry

from shared.bus.dead_letters import DeadLetter, read_dead_letter
from shared.bus.limits import StreamLimits
from shared.bus.memory import MemoryBus
from shared.bus.metrics import StreamMetrics
from shared.bus.port import Outcome
from shared.bus.received import Received
from shared.bus.record import Outgoing, Partition
from shared.bus.stream import Source, Stream
from shared.errors import RejectedError
from shared.reasons import Reason
from shared.settings import Delivery
from tests.support.said import Said, record_of, said, said_on, text_of
from tests.support.streams import running, until
from tests.support.virtual_time import run_in_virtual_time

MAX_BYTES = 10_000
RESULTS, DEAD = "out", "in.dead"
HERE = Partition("in", 0)
LIMITS = StreamLimits(commit_interval_s=0.01, dead_letter_min_count=1_000)
EITHER_WAY = pytest.mark.parametrize("delivery", ["at-least-once", "exactly-once"])


class Repeating:
    """Answers `3*hi` by three times `hi` in one text, and refuses what starts with `no`."""

    async def handle(self, received: Sequence[Received[Said]]) -> Sequence[Outcome]:
        """Return one outcome for each event."""
        return [_repeated(each.event) for each in received]


def _repeated(event: Said) -> Outcome:
    if event.text.startswith("no"):
        return RejectedError(Reason.MODEL_REFUSED, "it says so")
    times, _, text = event.text.partition("*")
    return [said(text * int(times), speaker=event.speaker, on=said_on(RESULTS))]


async def run_until_read(bus: MemoryBus, metrics: StreamMetrics | None = None) -> None:
    """Run the stream until it has committed all of its topic."""
    source = Source(reads=[Said], group="readers", publisher="tests")
    metrics = metrics or StreamMetrics(CollectorRegistry())
    async with running(Stream(bus, source, Repeating(), limits=LIMITS, metrics=metrics)):
        await until(lambda: bus.committed("readers").get(HERE) == len(bus.log(HERE)))


def letters(bus: MemoryBus) -> list[DeadLetter]:
    return [read_dead_letter(record) for record in bus.log(Partition(DEAD, 0))]


def results(bus: MemoryBus) -> list[str]:
    return [text_of(record) for record in bus.log(Partition(RESULTS, 0))]


def a_bus(delivery: Delivery = "at-least-once") -> MemoryBus:
    return MemoryBus(partitions=1, delivery=delivery, record_max_bytes=MAX_BYTES)


@EITHER_WAY
def test_a_result_too_large_for_its_topic_becomes_one_dead_letter_and_its_neighbours_are_served(
    delivery: Delivery,
) -> None:
    async def scenario() -> MemoryBus:
        bus, registry = a_bus(delivery), CollectorRegistry()
        for text in ("1*before", "20000*large", "1*after"):
            await bus.append(record_of(said(text)))
        await run_until_read(bus, StreamMetrics(registry))
        counted = registry.get_sample_value(
            "tidemill_dead_letters_total", {"stream": "in", "reason": "result_too_large"}
        )
        assert counted == 1
        return bus

    bus = run_in_virtual_time(scenario())

    [letter] = letters(bus)
    assert (letter.original, letter.original_offset, letter.reason) == (HERE, 1, "result_too_large")
    assert "out" in letter.message
    assert letter.as_sent() == record_of(said("20000*large"))
    assert list(dict.fromkeys(results(bus))) == ["before", "after"]
    if delivery == "exactly-once":
        assert len(results(bus)) == 2


@EITHER_WAY
def test_many_results_too_large_at_once_cost_one_dead_letter_each(delivery: Delivery) -> None:
    async def scenario() -> MemoryBus:
        bus = a_bus(delivery)
        for number in range(20):
            await bus.append(record_of(said(f"{20_000 if number % 2 else 1}*{number:02}")))
        await run_until_read(bus)
        return bus

    bus = run_in_virtual_time(scenario())

    assert [letter.original_offset for letter in letters(bus)] == list(range(1, 20, 2))
    assert list(dict.fromkeys(results(bus))) == [f"{number:02}" for number in range(0, 20, 2)]


@EITHER_WAY
@pytest.mark.parametrize(
    ("key", "value", "headers"),
    [
        pytest.param(b"k", b"x" * 9_900, (), id="value"),
        pytest.param(b"k", b"x", (("h", b"x" * 9_800),), id="headers"),
        pytest.param(b"k", None, (("h", b"x" * 9_800),), id="headers of a record without a value"),
        pytest.param(b"k" * 9_900, b"x", (), id="key"),
    ],
)
def test_a_letter_whose_bulk_is_in_one_part_is_shortened_and_the_service_goes_on(
    delivery: Delivery, key: bytes, value: bytes | None, headers: tuple[tuple[str, bytes], ...]
) -> None:
    async def scenario() -> MemoryBus:
        bus = a_bus(delivery)
        await bus.append(record_of(said("1*before")))
        await bus.append(Outgoing("in", key, value, headers))
        await bus.append(record_of(said("1*after")))
        await run_until_read(bus)
        return bus

    bus = run_in_virtual_time(scenario())

    [letter] = letters(bus)
    assert (letter.original, letter.original_offset, letter.value_left_out) == (HERE, 1, True)
    assert list(dict.fromkeys(results(bus))) == ["before", "after"]


@EITHER_WAY
def test_a_restart_meets_none_of_them_again(delivery: Delivery) -> None:
    async def scenario() -> tuple[int, int]:
        bus = a_bus(delivery)
        await bus.append(record_of(said("20000*large")))
        await bus.append(Outgoing("in", b"k", b"x" * 9_900))
        await run_until_read(bus)
        before = len(letters(bus))
        await bus.append(record_of(said("1*more")))
        await run_until_read(bus)
        return before, len(letters(bus))

    assert run_in_virtual_time(scenario()) == (2, 2)
