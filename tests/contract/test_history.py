"""Parts of topics by offset and by time, on each Kafka: one of them can't search by time itself."""

from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaProducer

from shared.bus.kafka.history import KafkaHistory
from shared.bus.record import Partition
from shared.settings import KafkaSettings

COUNT = 40
STEP_MS = 1_000


@pytest.fixture(params=["memory_kafka", "real_kafka"])
def settings(request: pytest.FixtureRequest) -> KafkaSettings:
    return KafkaSettings(bootstrap=request.getfixturevalue(request.param))


@pytest.fixture
async def written(settings: KafkaSettings, topic: str) -> Partition:
    """Write a record a second from second 1,000 on, and return its partition."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap)
    await producer.start()
    try:
        for number in range(COUNT):
            value, time_ms = str(number).encode(), (1_000 + number) * STEP_MS
            await producer.send_and_wait(topic, value, partition=0, timestamp_ms=time_ms)
    finally:
        await producer.stop()
    return Partition(topic, 0)


@pytest.fixture
async def history(settings: KafkaSettings) -> AsyncIterator[KafkaHistory]:
    async with KafkaHistory(settings) as history:
        yield history


@pytest.mark.parametrize(
    ("second", "first"), [(0, 0), (1_000, 0), (1_001, 1), (1_017, 17), (1_039, 39), (1_040, COUNT)]
)
async def test_a_time_is_found_also_where_the_broker_can_not_search_for_it(
    history: KafkaHistory, written: Partition, second: int, first: int
) -> None:
    spans = await history.spans([written.topic])

    found = await history.since(spans, second * STEP_MS)

    assert found[written] == range(first, COUNT)


async def test_a_part_is_read_in_order_and_nothing_besides(history: KafkaHistory, written: Partition) -> None:
    offsets = [record.offset async for records in history.read({written: range(5, 9)}) for record in records]

    assert offsets == [5, 6, 7, 8]


async def test_one_history_reads_several_parts_one_after_the_other(
    history: KafkaHistory, written: Partition
) -> None:
    parts = [range(30, 40), range(0), range(3)]
    found = [
        [record.offset async for records in history.read({written: part}) for record in records]
        for part in parts
    ]

    assert found == [list(part) for part in parts]


async def test_a_topic_that_does_not_exist_has_no_part(history: KafkaHistory) -> None:
    assert await history.spans(["nobody.made.this"]) == {}
