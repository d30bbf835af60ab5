"""The loop fetch -> handle -> publish in order -> commit, on one pair of clients."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from shared.bus.accounting import Accounting
from shared.bus.credits import Credits
from shared.bus.dead_letters import DeadLetterFloodError
from shared.bus.handling import Handling
from shared.bus.limits import StreamLimits
from shared.bus.metrics import StreamMetrics
from shared.bus.port import ClientBrokenError, Consumer, Outlet
from shared.bus.publishing import Publishing
from shared.bus.pulse import Pulse
from shared.bus.record import Partition, Record
from shared.errors import RetryableError

_WATCH_INTERVAL_S = 1.0
_CLOSE_TIMEOUT_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPolicy:
    """The parts that all sessions of one stream share."""

    group: str
    limits: StreamLimits
    metrics: StreamMetrics
    handling: Handling
    publishing: Publishing
    accounting: Accounting


class ConsumerSession:
    """Reads until told to stop; ends with everything in flight published and committed.

    The records of one partition in one fetch are a chunk. Chunks are handled side by side,
    but a partition's chunks are published one after the other, so its order is kept.
    """

    def __init__(self, consumer: Consumer, outlet: Outlet, policy: SessionPolicy) -> None:
        limits = policy.limits
        self._consumer = consumer
        self._outlet = outlet
        self._limits = limits
        self._metrics = policy.metrics
        self._handling = policy.handling
        self._publishing = policy.publishing
        self._accounting = policy.accounting
        self._credits = Credits(
            max_records=limits.max_in_flight_records, max_bytes=limits.max_in_flight_bytes
        )
        self._chunks: dict[Partition, list[asyncio.Task[None]]] = {}
        self._pulse = Pulse()
        self._log = structlog.get_logger().bind(group=policy.group)

    @property
    def in_flight_records(self) -> int:
        """Return the number of records between fetch and commit."""
        return self._credits.in_flight_records

    @property
    def broker_answers(self) -> bool:
        """Return whether the broker has answered lately."""
        return self._pulse.broker_answers

    @property
    def stalled_s(self) -> float:
        """Return the seconds without progress while records wait; 0 during an outage of the broker."""
        waiting = self.broker_answers and (self.in_flight_records or self._pulse.lag_records)
        return self._pulse.idle_s if waiting else 0.0

    async def start(self) -> None:
        """Connect both clients. Raises RetryableError when the broker can't be reached."""
        try:
            await self._outlet.start()
            await self._consumer.start(self._release, self._outlet.take_over)
        except BaseException:
            await self.close()
            raise
        self._pulse.move()  # the time it takes to join a group is no standstill

    async def close(self) -> None:
        """Leave the group and close both clients, in this order; a lost broker can't delay it for long."""
        for client in (self._consumer, self._outlet):
            try:
                async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                    await client.stop()
            except TimeoutError:
                self._log.warning("client_abandoned", client=type(client).__name__)

    async def read_until(self, stop: asyncio.Event) -> None:
        """Return after `stop` is set and all is drained and committed.

        Raises an ExceptionGroup: ClientBrokenError in it asks for a new session, all else ends the service.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                watch = [tasks.create_task(self._commit_often()), tasks.create_task(self._watch_progress())]
                reading = tasks.create_task(self._read(tasks))
                await stop.wait()
                reading.cancel()  # at once, also when a rebalance holds up a fetch
                await asyncio.wait([reading])
                await self._drain(list(self._chunks))
                for task in watch:
                    task.cancel()
        except* DeadLetterFloodError:
            # Else each start would write the same dead letters again, and stop at them again.
            await self._commit()
            raise
        await self._commit()

    async def _read(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            await self._fetch_into(tasks)

    async def _fetch_into(self, tasks: asyncio.TaskGroup) -> None:
        """Start a chunk a partition; without credits wait, but keep showing life to the group."""
        if self._credits.free_records or await self._credits.wait(timeout_s=1.0):
            fetched = await self._consumer.fetch(
                max_records=self._credits.free_records, timeout_ms=self._limits.fetch_timeout_ms
            )
        else:
            self._consumer.pause()
            # Not always empty: partitions that a rebalance brings this moment are not paused.
            fetched = await self._consumer.fetch(max_records=1, timeout_ms=1)
            self._consumer.resume()
        for partition, records in fetched.items():
            self._begin(tasks, partition, records)

    def _begin(self, tasks: asyncio.TaskGroup, partition: Partition, records: Sequence[Record]) -> None:
        self._pulse.move()
        self._accounting.note_read(partition.topic, len(records))
        size_bytes = sum(record.size_bytes for record in records)
        self._credits.take(len(records), size_bytes)
        chunks = self._chunks.setdefault(partition, [])
        task = tasks.create_task(self._finish(records, after=chunks[-1] if chunks else None))
        chunks.append(task)
        task.add_done_callback(chunks.remove)
        task.add_done_callback(lambda _: self._credits.give_back(len(records), size_bytes))

    async def _finish(self, records: Sequence[Record], *, after: asyncio.Task[None] | None) -> None:
        handled = await self._handling.handle(records)
        if after is not None:
            await _finished(after)
        send = partial(self._outlet.publish, records[0].partition)
        written = await self._publishing.publish(handled, send)
        self._pulse.move()
        self._accounting.note_done(written)

    async def _commit(self) -> None:
        """Commit what is finished; the next commit makes up for a failed one."""
        try:
            await self._outlet.commit()
        except RetryableError as error:
            self._log.warning("commit_postponed", why=str(error))

    async def _commit_often(self) -> None:
        while True:
            await asyncio.sleep(self._limits.commit_interval_s)
            await self._commit()

    async def _watch_progress(self) -> None:
        """Raise ClientBrokenError when no record or no answer comes: aiokafka can stall silently."""
        pulse, patience_s = self._pulse, self._limits.stall_after_s
        while True:
            await asyncio.sleep(_WATCH_INTERVAL_S)
            await self._measure_lag()
            if pulse.silent_s > patience_s:
                raise ClientBrokenError(f"the broker has answered nothing for {pulse.silent_s:.0f} s")
            if pulse.idle_s > patience_s and pulse.lag_records and not self.in_flight_records:
                raise ClientBrokenError(
                    f"{pulse.lag_records} records wait and none came for {pulse.idle_s:.0f} s"
                )

    async def _measure_lag(self) -> None:
        try:
            lag = await self._consumer.lag()
        except RetryableError as error:
            self._log.warning("lag_unknown", why=str(error))
            return
        self._pulse.hear(sum(lag.values()), in_flight_records=self.in_flight_records)
        self._metrics.set_lag(lag)
        for topic in {partition.topic for partition in lag}:
            self._metrics.in_flight.labels(topic).set(self.in_flight_records)

    async def _drain(self, partitions: Iterable[Partition]) -> None:
        """Wait for the chunks in flight; cancel late ones, which are neither published nor committed."""
        tasks = [task for partition in partitions for task in self._chunks.get(partition, ())]
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=self._limits.drain_s)
        for task in late:
            task.cancel()
        if late:
            self._log.warning("drain_gave_up", chunks=len(late), after_s=self._limits.drain_s)
            await asyncio.wait(late)

    async def _release(self, partitions: frozenset[Partition]) -> None:
        """Finish and commit the chunks of these partitions before another member gets them."""
        await self._drain(partitions)
        try:
            await self._commit()
        except ClientBrokenError as error:
            # The next owner finds out what became of it.
            self._log.warning("commit_unknown", why=str(error))
        await self._outlet.give_up(partitions)


async def _finished(chunk: asyncio.Task[None]) -> None:
    """Return when `chunk` is published. Raises CancelledError when it was not: later chunks must not be."""
    await asyncio.wait([chunk])
    if chunk.cancelled() or chunk.exception() is not None:
        raise asyncio.CancelledError
