"""Records that aiokafka can't parse, on both Kafkas: one dead letter each, and everything else is served."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry

from shared.bus.dead_letters import read_dead_letter
from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.inspector import KafkaInspector
from shared.bus.limits import StreamLimits
from shared.bus.metrics import StreamMetrics
from shared.bus.record import Partition, Record
from shared.bus.stream import Stream
from shared.events import DEAD_SUFFIX
from shared.reasons import Reason
from shared.settings import Delivery, KafkaSettings
from tests.support.buses import records_of
from tests.support.echo import Echo, echo_source
from tests.support.raw_batches import LATIN1_NAME, RawRecord, batch, write
from tests.support.said import said, text_of

PATIENCE_S = 30.0
LIMITS = StreamLimits(commit_interval_s=0.1)


@pytest.fixture(params=["memory_kafka", "real_kafka"])
def bootstrap(request: pytest.FixtureRequest) -> str:
    """Return the address of each Kafka."""
    return str(request.getfixturevalue(request.param))


def value(text: str) -> bytes:
    """Return the value of a record under the key `key`."""
    return said(text, speaker="key").to_json()


async def written(bootstrap: str, topic: str) -> None:
    """Write to two partitions: in the first, one record between two others has a bad header name."""
    bus = KafkaBus(KafkaSettings(bootstrap=bootstrap))
    await bus.create_topics([topic, f"{topic}.out", topic + DEAD_SUFFIX], partitions=2)
    first = [RawRecord(value("before")), RawRecord(value("bad"), [LATIN1_NAME]), RawRecord(value("after"))]
    await write(bootstrap, Partition(topic, 0), batch(first))
    await write(bootstrap, Partition(topic, 1), batch([RawRecord(value("beside"))]))


async def read_from(settings: KafkaSettings, topic: str, count: int) -> list[Record]:
    """Return the first `count` records of a topic."""
    return await records_of(settings, topic, enough=lambda found: len(found) >= count, within_s=PATIENCE_S)


@pytest.mark.parametrize("delivery", ["at-least-once", "exactly-once"])
async def test_a_header_name_that_is_not_utf8_becomes_one_dead_letter_and_its_neighbours_are_answered(
    bootstrap: str, topic: str, delivery: Delivery
) -> None:
    await written(bootstrap, topic)
    settings = KafkaSettings(bootstrap=bootstrap, session_timeout_ms=6_000, delivery=delivery)
    stop = asyncio.Event()
    stream = Stream(
        KafkaBus(settings),
        echo_source(topic, group=topic),
        Echo(f"{topic}.out"),
        limits=LIMITS,
        metrics=StreamMetrics(CollectorRegistry()),
    )

    running = asyncio.create_task(stream.run(stop))
    echoes = await read_from(settings, f"{topic}.out", 3)
    letters = [read_dead_letter(record) for record in await read_from(settings, topic + DEAD_SUFFIX, 1)]
    stop.set()
    await running

    assert sorted(map(text_of, echoes)) == ["after", "before", "beside"]
    [letter] = letters
    assert (letter.original, letter.original_offset) == (Partition(topic, 0), 1)
    assert (letter.reason, letter.key, letter.value) == (Reason.HEADER_NOT_UTF8, b"key", value("bad"))
    assert letter.headers == (("x-caf\\xe9", b"1"),)


async def test_a_reader_returns_such_a_record_and_all_others(bootstrap: str, topic: str) -> None:
    await written(bootstrap, topic)

    records = await read_from(KafkaSettings(bootstrap=bootstrap), topic, 4)

    assert sorted(map(text_of, records)) == ["after", "bad", "before", "beside"]
    assert [text_of(record) for record in records if record.flaw is not None] == ["bad"]


async def test_the_lag_is_counted_from_such_a_record_on(real_kafka: str, topic: str) -> None:
    await written(real_kafka, topic)

    positions = await KafkaInspector(KafkaSettings(bootstrap=real_kafka)).positions(topic, [topic])

    assert {partition.number: at.lag_records for partition, at in positions.items()} == {0: 3, 1: 1}
