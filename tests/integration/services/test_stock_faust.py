"""Faults of stock Faust that our services avoid: these tests fail when Faust changes."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from tenacity import retry, retry_if_exception_type, stop_after_attempt

from shared.bus.kafka.inspector import KafkaInspector
from shared.bus.kafka.reader import KafkaReader
from shared.bus.kafka.topics import KafkaTopics
from shared.bus.record import Outgoing
from shared.catalogue import COMPACTED
from shared.settings import KafkaSettings
from tests.integration.services.service_process import publish

pytestmark = pytest.mark.timeout(120)
RECORDS = 20


class StockApp:
    """The app as a process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def said(self) -> dict[str, Any]:
        """Return its next line."""
        if self._process.stdout is None:
            raise RuntimeError("started without a pipe")
        line: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return line

    async def kill(self) -> None:
        """End it without a chance to do anything."""
        self._process.kill()
        await self._process.wait()


@asynccontextmanager
async def stock_app(bootstrap: str, topic: str, group: str, kind: str) -> AsyncIterator[StockApp]:
    """Yield the app, and kill it."""
    command = [sys.executable, "-m", "tests.integration.services.stock_faust", bootstrap, topic, group, kind]
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    app = StockApp(await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=nothing))
    try:
        yield app
    finally:
        await app.kill()


async def a_topic(bootstrap: str) -> str:
    """Return a new topic of one partition with records of one key."""
    name = f"stock.{uuid4().hex}"
    await KafkaTopics(KafkaSettings(bootstrap=bootstrap)).create(name, partitions=1, config={})
    await publish(bootstrap, [Outgoing(name, b"key", b"%d" % number) for number in range(RECORDS)])
    return name


async def written(bootstrap: str, changelog: str) -> None:
    """Return when the counts of all records are in the table's changelog."""
    reader = KafkaReader(KafkaSettings(bootstrap=bootstrap), [changelog])
    await reader.start()
    try:
        async with asyncio.timeout(60.0):
            count = 0
            while count < RECORDS:
                count += len(await reader.fetch(timeout_ms=200))
    finally:
        await reader.stop()


@retry(retry=retry_if_exception_type(TimeoutError), stop=stop_after_attempt(3))
async def counted_again(bootstrap: str, topic: str, group: str) -> int:
    """Return the first count of an app that starts again.

    Now and then Faust skips all that waits, as it recovers, and counts nothing: then it is started once more.
    """
    async with stock_app(bootstrap, topic, group, "count") as app, asyncio.timeout(25.0):
        count: int = (await app.said())["counted"]
        return count


async def test_take_loses_the_batch_that_its_agent_failed_on(real_kafka: str) -> None:
    topic, group = await a_topic(real_kafka), f"stock-{uuid4().hex}"
    inspector = KafkaInspector(KafkaSettings(bootstrap=real_kafka))

    async with stock_app(real_kafka, topic, group, "take") as app:
        taken = (await app.said())["taken"]
        async with asyncio.timeout(60.0):
            while all(not at.committed for at in (await inspector.positions(group, [topic])).values()):  # noqa: ASYNC110 - Kafka must be asked
                await asyncio.sleep(0.1)
    [at] = (await inspector.positions(group, [topic])).values()

    assert taken > 0
    assert at.committed is not None
    assert at.committed >= taken  # nobody reads them again, and nothing came of them


async def test_a_counter_in_a_table_counts_twice_what_was_not_committed_at_a_crash(real_kafka: str) -> None:
    topic, group = await a_topic(real_kafka), f"stock-{uuid4().hex}"
    changelog = f"{group}-counts-changelog"
    await KafkaTopics(KafkaSettings(bootstrap=real_kafka)).create(changelog, partitions=1, config=COMPACTED)

    async with stock_app(real_kafka, topic, group, "count"):
        await written(real_kafka, changelog)

    assert await counted_again(real_kafka, topic, group) > RECORDS
