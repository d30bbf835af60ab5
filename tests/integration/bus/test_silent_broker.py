"""Whoever asks a silent broker gets no answer, rather than one made up."""

import asyncio

from shared.bus.kafka.bus import KafkaBus
from shared.errors import RetryableError
from tests.support.buses import keep, numbered, publish
from tests.support.silence import SilentBroker

PARTITION_COUNT = 4
PATIENCE_S = 60.0


async def test_a_silent_broker_is_noticed_by_members_with_partitions_and_without(
    real_kafka: str, topic: str
) -> None:
    broker = SilentBroker(real_kafka)
    bus = KafkaBus(broker.settings)
    await publish(bus, numbered(topic, 10))
    members = [bus.consumer([topic], group=topic) for _ in range(PARTITION_COUNT + 1)]
    try:
        async with asyncio.timeout(PATIENCE_S):
            for member in members:
                await member.start(keep, keep)
            counts: list[int] = []
            while sorted(counts) != [0, 1, 1, 1, 1]:
                await asyncio.gather(*(member.fetch(max_records=9, timeout_ms=100) for member in members))
                counts = [len(await member.lag()) for member in members]

        with broker.silent():
            answers = await asyncio.gather(*(member.lag() for member in members), return_exceptions=True)
    finally:
        await asyncio.gather(*(member.stop() for member in members))

    assert [type(answer) for answer in answers] == [RetryableError] * len(members)
