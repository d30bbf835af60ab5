"""A service as its users run it: a process of its own, set up by its environment."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

import aiohttp
from tenacity import AsyncRetrying, retry_if_result, stop_after_delay, wait_fixed

from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.producer import KafkaTransactions
from shared.bus.kafka.reader import KafkaReader
from shared.bus.kafka.topics import KafkaTopics
from shared.bus.positions import Position
from shared.bus.record import Outgoing, Partition, Record
from shared.settings import KafkaSettings

READY_WITHIN_S = 40.0
RESULTS_WITHIN_S = 40.0
_LAG = re.compile(r"^tidemill_lag_records\{.*\} (.*)$", re.MULTILINE)


class ServiceProcess:
    """`python -m services.NAME`, its log, its health."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        loop = asyncio.get_running_loop()
        self._port: asyncio.Future[int] = loop.create_future()
        self._web_port: asyncio.Future[int] = loop.create_future()
        self._log: list[str] = []
        self._listening = asyncio.create_task(self._listen())

    @property
    def log(self) -> str:
        """Return all that it wrote on standard error so far."""
        return "".join(self._log)

    async def ready(self) -> None:
        """Return when `/health/ready` says so."""
        until_ready = AsyncRetrying(
            retry=retry_if_result(lambda answer: not json.loads(answer)["ok"]),
            wait=wait_fixed(0.05),
            stop=stop_after_delay(READY_WITHIN_S),
        )
        await until_ready(self.get, "/health/ready")

    async def caught_up(self) -> None:
        """Return when its metrics say that no record waits in any partition."""
        until_zero = AsyncRetrying(
            retry=retry_if_result(lambda metrics: set(_LAG.findall(metrics)) != {"0.0"}),
            wait=wait_fixed(0.2),
            stop=stop_after_delay(RESULTS_WITHIN_S),
        )
        await until_zero(self.get, "/metrics")

    async def get(self, path: str) -> str:
        """Return what the service answers over HTTP."""
        url = f"http://127.0.0.1:{await self._port}{path}"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return await answer.text()

    async def web(self) -> str:
        """Return the address that people and programs use, of a gateway or a dashboard."""
        return f"http://127.0.0.1:{await self._web_port}"

    async def stop(self) -> int:
        """Ask it to end, as an operator does, and return the exit code."""
        self._process.terminate()
        return await self.exit_code()

    async def kill(self) -> None:
        """End it without a chance to do anything."""
        self._process.kill()
        await self.exit_code()

    async def exit_code(self) -> int:
        """Return the exit code once it has ended."""
        await self._listening
        return await self._process.wait()

    @property
    def ended(self) -> bool:
        """Return whether the process is gone."""
        return self._process.returncode is not None

    async def _listen(self) -> None:
        if self._process.stderr is None:
            raise RuntimeError("started without a pipe")
        async for line in self._process.stderr:
            self._log.append(line.decode())
            for event, port in ((b"http_listening", self._port), (b"web_listening", self._web_port)):
                if event in line:
                    port.set_result(json.loads(line)["port"])
        for port in (self._port, self._web_port):
            port.cancel()


@asynccontextmanager
async def running(service: str, bootstrap: str, **more: str) -> AsyncIterator[ServiceProcess]:
    """Yield a service that is starting, on a free port, and end it."""
    environment = {
        "PATH": os.environ["PATH"],
        "TIDEMILL__KAFKA__BOOTSTRAP": bootstrap,
        "TIDEMILL__KAFKA__MEMBER": f"{service}-1",
        "TIDEMILL__HTTP__PORT": "0",
        "TIDEMILL__GATEWAY__PORT": "0",
        "TIDEMILL__DASHBOARD__PORT": "0",
        **more,
    }
    command = [sys.executable, "-m", f"services.{service}"]
    process = ServiceProcess(
        await asyncio.create_subprocess_exec(*command, env=environment, stderr=asyncio.subprocess.PIPE)
    )
    try:
        yield process
    except Exception as error:
        error.add_note(f"the service had written:\n{process.log}")
        raise
    finally:
        if not process.ended:
            await process.kill()


async def publish(bootstrap: str, records: Sequence[Outgoing]) -> None:
    """Write records and wait until they are acknowledged."""
    producer = KafkaBus(KafkaSettings(bootstrap=bootstrap)).producer()
    await producer.start()
    try:
        await producer.publish(records)
    finally:
        await producer.stop()


async def publish_in_transactions(
    bootstrap: str, records: Sequence[Outgoing], *, each: int, aborted: Sequence[Outgoing] = ()
) -> None:
    """Write `each` records a transaction; `aborted` in one before them that never ends well."""
    name, settings = "transactional-test", KafkaSettings(bootstrap=bootstrap)
    doomed, owner = KafkaTransactions(settings, name), KafkaTransactions(settings, name)
    try:
        await doomed.start()
        await doomed.publish(aborted)
        await owner.start()  # aborts it
        for start in range(0, len(records), each):
            await owner.publish(records[start : start + each])
            await owner.commit({Partition(records[0].topic, 0): Position(start)}, group=name)
    finally:
        await doomed.stop()
        await owner.stop()


class Results:
    """Reads result topics from their beginning."""

    def __init__(self, bootstrap: str, topics: Iterable[str]) -> None:
        self._settings = KafkaSettings(bootstrap=bootstrap)
        self._topics = tuple(topics)

    async def matching(self, key_part: str, *, count: int) -> list[Record]:
        """Return the records whose key holds `key_part`: at least `count`, and none more for a while."""
        for topic in self._topics:
            await KafkaTopics(self._settings).partition_count(topic)
        reader = KafkaReader(self._settings, self._topics)
        await reader.start()
        found: list[Record] = []
        try:
            async with asyncio.timeout(RESULTS_WITHIN_S):
                while fetched := await self._next(reader, wait=len(found) < count):
                    found.extend(record for record in fetched if key_part.encode() in (record.key or b""))
        except TimeoutError:
            raise AssertionError(f"{len(found)} of {count} within {RESULTS_WITHIN_S} s: {found}") from None
        finally:
            await reader.stop()
        return found

    async def _next(self, reader: KafkaReader, *, wait: bool) -> list[Record]:
        fetched = await reader.fetch(timeout_ms=500)
        while wait and not fetched:
            fetched = await reader.fetch(timeout_ms=500)
        return fetched


def reason_of(dead: Record) -> str:
    """Return why a record was dead-lettered."""
    return (dict(dead.headers)["tidemill-reason"] or b"").decode()
