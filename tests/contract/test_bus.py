"""Contract of every bus: in memory, on librdkafka's in-memory cluster, on real Kafka."""

import asyncio

import pytest

from shared.bus.kafka.skip import skip_lost
from shared.bus.port import Bus, LostRecordsError, RecordTooLargeError
from shared.bus.positions import Position
from shared.bus.record import Outgoing, Place
from shared.errors import RetryableError
from shared.settings import KafkaSettings
from tests.support.buses import (
    KEYS,
    delete_before,
    kafka_bus,
    keep,
    numbered,
    publish,
    read,
    reading,
)


async def test_records_of_a_key_keep_their_order_and_their_partition(bus: Bus, topic: str) -> None:
    await publish(bus, numbered(topic, 200))

    async with reading(bus, topic) as consumer:
        records = await read(consumer, 200)

    for key in KEYS:
        numbers = [int(record.value or b"") for record in records if record.key == key]
        assert numbers == sorted(numbers)
        assert len(numbers) == 20
        assert len({record.partition for record in records if record.key == key}) == 1
    assert len({record.partition for record in records}) > 1


async def test_a_producer_tells_the_place_of_each_record_in_the_order_given(bus: Bus, topic: str) -> None:
    sent = numbered(topic, 50)

    places = await publish(bus, sent)

    async with reading(bus, topic) as consumer:
        found = {Place(each.partition, each.offset): each.value for each in await read(consumer, len(sent))}
    assert [found[place] for place in places] == [each.value for each in sent]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param(b"key", b"value", id="plain"),
        pytest.param(None, b"value", id="no key"),
        pytest.param(b"key", None, id="no value"),
        pytest.param(b"", b"", id="nothing in them"),
        pytest.param(b"\x00\xff", bytes(range(256)), id="any byte"),
    ],
)
async def test_bytes_and_headers_arrive_untouched(
    bus: Bus, topic: str, key: bytes | None, value: bytes | None
) -> None:
    headers = (("a", b"1"), ("ä", b""), ("a", b"\xff"), ("none", None))

    await publish(bus, [Outgoing(topic, key, value, headers)])

    async with reading(bus, topic) as consumer:
        [record] = await read(consumer, 1)
    assert (record.key, record.value, record.headers) == (key, value, headers)
    assert record.partition.topic == topic
    assert record.offset == 0


async def test_a_reader_goes_on_behind_what_was_committed(bus: Bus, topic: str) -> None:
    await publish(bus, [Outgoing(topic, b"key", str(number).encode()) for number in range(10)])
    async with reading(bus, topic) as consumer:
        records = await read(consumer, 10)
        await consumer.commit({records[0].partition: Position(4)})

    async with reading(bus, topic) as consumer:
        again = await read(consumer, 6)

    assert [record.offset for record in again] == [4, 5, 6, 7, 8, 9]


async def test_what_was_not_committed_is_read_again(bus: Bus, topic: str) -> None:
    await publish(bus, numbered(topic, 20))
    async with reading(bus, topic) as consumer:
        first = await read(consumer, 20)

    async with reading(bus, topic) as consumer:
        again = await read(consumer, 20)

    assert {record.value for record in again} == {record.value for record in first}


async def test_an_empty_topic_is_no_error(bus: Bus, topic: str) -> None:
    async with reading(bus, topic) as consumer:
        assert await consumer.fetch(max_records=10, timeout_ms=50) == {}


async def test_a_fetch_returns_no_more_than_asked_for(bus: Bus, topic: str) -> None:
    await publish(bus, numbered(topic, 50))

    async with reading(bus, topic) as consumer:
        await read(consumer, 1)
        fetched = await consumer.fetch(max_records=7, timeout_ms=500)

    assert 1 <= sum(map(len, fetched.values())) <= 7


async def test_lag_is_what_lies_before_the_reader(bus: Bus, topic: str) -> None:
    await publish(bus, numbered(topic, 30))

    async with reading(bus, topic) as consumer:
        await read(consumer, 12)
        assert sum((await consumer.lag()).values()) == 18
        await read(consumer, 18)
        assert set((await consumer.lag()).values()) == {0}


async def test_a_paused_reader_gets_nothing_until_it_resumes(bus: Bus, topic: str) -> None:
    await publish(bus, numbered(topic, 20))

    async with reading(bus, topic) as consumer:
        await read(consumer, 5)
        consumer.pause()
        assert await consumer.fetch(max_records=10, timeout_ms=300) == {}
        consumer.resume()
        rest = await read(consumer, 15)

    assert len({record.value for record in rest}) == 15


async def test_a_broker_that_is_not_there_is_reported_soon() -> None:
    bus = kafka_bus("127.0.0.1:9")
    async with asyncio.timeout(5.0):
        with pytest.raises(RetryableError, match=r"127\.0\.0\.1:9"):
            await bus.producer().start()
        with pytest.raises(RetryableError, match=r"127\.0\.0\.1:9"):
            await bus.consumer(["any"], group="any").start(keep, keep)
        with pytest.raises(RetryableError, match=r"127\.0\.0\.1:9"):
            await bus.create_topics(["any"], partitions=1)


async def test_records_deleted_unread_stop_the_reader_until_a_person_passes_over_them(
    real_kafka: str, topic: str
) -> None:
    bus, settings = kafka_bus(real_kafka), KafkaSettings(bootstrap=real_kafka)
    await publish(bus, [Outgoing(topic, b"key", str(number).encode()) for number in range(10)])
    async with reading(bus, topic) as consumer:
        records = await read(consumer, 10)
        await consumer.commit({records[0].partition: Position(3)})
    await delete_before(real_kafka, records[0].partition, 6)

    with pytest.raises(LostRecordsError, match="offsets 3 to 5 were deleted"):
        async with reading(bus, topic) as consumer:
            await read(consumer, 4)

    assert await skip_lost(settings, f"{topic}.readers", [topic]) == {records[0].partition: 3}
    assert await skip_lost(settings, f"{topic}.readers", [topic]) == {}
    async with reading(bus, topic) as consumer:
        assert [record.offset for record in await read(consumer, 4)] == [6, 7, 8, 9]


async def test_topics_are_created_once_with_as_many_partitions_as_asked_for(
    real_kafka: str, topic: str
) -> None:
    bus = kafka_bus(real_kafka)

    await bus.create_topics([topic, f"{topic}.dead"], partitions=7)
    await bus.create_topics([topic, f"{topic}.more"], partitions=3)

    for name, count in ((topic, 7), (f"{topic}.dead", 7), (f"{topic}.more", 3)):
        async with reading(bus, name) as consumer:
            assert len(await consumer.lag()) == count


async def test_creating_topics_is_no_error_where_they_appear_by_themselves(
    memory_kafka: str, topic: str
) -> None:
    bus = kafka_bus(memory_kafka)

    await bus.create_topics([topic], partitions=7)

    await publish(bus, numbered(topic, 1))


async def test_a_record_too_large_for_the_broker_is_refused_and_the_next_is_not(bus: Bus, topic: str) -> None:
    producer = bus.producer()
    await producer.start()
    try:
        with pytest.raises(RecordTooLargeError):
            await producer.publish([Outgoing(topic, b"key", bytes(3 * 1024 * 1024))])
        await producer.publish([Outgoing(topic, b"key", b"small")])
    finally:
        await producer.stop()
