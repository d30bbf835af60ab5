"""Both Kafkas carry records from one client to another."""

import uuid

import pytest

from deploy.kafka.probe import KafkaProbe
from shared.bus.kafka.bus import KafkaBus
from shared.bus.port import Consumer
from shared.bus.record import Outgoing, Partition, Record
from shared.settings import KafkaSettings


@pytest.fixture(params=["real_kafka", "memory_kafka"])
def bootstrap(request: pytest.FixtureRequest) -> str:
    """Return the address of each broker in turn."""
    return str(request.getfixturevalue(request.param))


async def test_a_record_arrives_as_it_was_sent(bootstrap: str) -> None:
    topic = f"test.{uuid.uuid4()}"
    bus = KafkaBus(KafkaSettings(bootstrap=bootstrap))
    producer = bus.producer()
    await producer.start()
    await producer.publish([Outgoing(topic=topic, key=b"k", value=b"v", headers=(("h", b"1"),))])
    await producer.stop()

    records = await read_one(bus.consumer([topic], group=topic))

    assert [(record.key, record.value, record.headers) for record in records] == [
        (b"k", b"v", (("h", b"1"),))
    ]


async def test_topics_are_made_with_the_partitions_asked_for(real_kafka: str) -> None:
    topic = f"test.{uuid.uuid4()}"
    probe = KafkaProbe(real_kafka)

    await probe.create_topics([topic], partitions=7)
    await probe.create_topics([topic], partitions=3)

    assert await probe.partition_count(topic) == 7


async def read_one(consumer: Consumer) -> list[Record]:
    """Return the first records that come."""
    await consumer.start(on_revoke=ignore, on_assign=ignore)
    try:
        while True:
            for records in (await consumer.fetch(max_records=10, timeout_ms=500)).values():
                return list(records)
    finally:
        await consumer.stop()


async def ignore(_: frozenset[Partition]) -> None:
    """Nothing is in flight."""
