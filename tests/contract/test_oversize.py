"""Results and dead letters above the `max.message.bytes` of their topics, on real Kafka."""

import asyncio
import random

import pytest
from prometheus_client import CollectorRegistry

from shared.bus.dead_letters import read_dead_letter
from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.topics import KafkaTopics
from shared.bus.limits import StreamLimits
from shared.bus.metrics import StreamMetrics
from shared.bus.port import RecordTooLargeError
from shared.bus.record import Outgoing, Partition, Record
from shared.bus.stream import Stream
from shared.errors import RetryableError
from shared.events import DEAD_SUFFIX
from shared.settings import Delivery, KafkaSettings
from tests.support.buses import publish, records_of
from tests.support.echo import Echo, echo_source
from tests.support.said import record_of, said, said_on, text_of

PATIENCE_S = 60.0
INCOMPRESSIBLE = random.Random(0).randbytes(50_000).hex()
LIMITS = StreamLimits(commit_interval_s=0.1)


async def read_from(settings: KafkaSettings, topic: str, *, until: str) -> list[Record]:
    """Return the records of a topic up to the one whose text or value ends with `until`."""
    return await records_of(
        settings,
        topic,
        enough=lambda found: any(text_of(record).endswith(until) for record in found),
        within_s=PATIENCE_S,
    )


@pytest.mark.parametrize("delivery", ["at-least-once", "exactly-once"])
async def test_what_the_broker_refuses_becomes_one_short_letter_and_neighbours_are_served(
    real_kafka: str, topic: str, delivery: Delivery
) -> None:
    settings = KafkaSettings(bootstrap=real_kafka, session_timeout_ms=6_000, delivery=delivery)
    topics = KafkaTopics(settings)
    await topics.create(topic, partitions=1, config={})
    for name in (f"{topic}.out", topic + DEAD_SUFFIX):
        await topics.create(name, partitions=1, config={"max.message.bytes": "5000"})
    texts = ["before", INCOMPRESSIBLE, "after"]
    await publish(KafkaBus(settings), [record_of(said(text, on=said_on(topic))) for text in texts])
    stream = Stream(
        KafkaBus(settings),
        echo_source(topic, group=topic),
        Echo(f"{topic}.out"),
        limits=LIMITS,
        metrics=StreamMetrics(CollectorRegistry()),
    )
    stop = asyncio.Event()

    running = asyncio.create_task(stream.run(stop))
    echoes = await read_from(settings, f"{topic}.out", until="after")
    stop.set()
    await running
    letters = await read_from(settings, topic + DEAD_SUFFIX, until="")

    [letter] = map(read_dead_letter, letters)
    assert (letter.original, letter.original_offset) == (Partition(topic, 0), 1)
    assert (letter.reason, letter.value_left_out) == ("result_too_large", True)
    heard = list(map(text_of, echoes))
    assert list(dict.fromkeys(heard)) == ["before", "after"]
    if delivery == "exactly-once":
        assert heard == ["before", "after"]


async def test_a_producer_goes_on_after_a_refusal_and_so_do_records_under_way(
    real_kafka: str, topic: str
) -> None:
    settings = KafkaSettings(bootstrap=real_kafka)
    await KafkaTopics(settings).create(topic, partitions=1, config={"max.message.bytes": "5000"})
    small, large = Outgoing(topic, b"k", b"small"), Outgoing(topic, b"k", INCOMPRESSIBLE.encode())
    producer = KafkaBus(settings).producer()
    await producer.start()

    async def publish_until_taken(records: list[Outgoing]) -> None:
        while True:
            try:
                await producer.publish(records)
            except (RetryableError, RecordTooLargeError):  # the latter where they share its batch
                continue
            return

    try:
        refused, *others = await asyncio.gather(
            producer.publish([small, large, small]),
            *(publish_until_taken([small]) for _ in range(20)),
            return_exceptions=True,
        )
        await producer.publish([small])
    finally:
        await producer.stop()

    assert isinstance(refused, RecordTooLargeError)
    assert others == [None] * 20
