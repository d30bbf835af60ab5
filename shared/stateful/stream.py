"""Stream of a stateful service, on Faust: recovers the table, then applies chunks of records in order."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, NoReturn, Protocol

import structlog
from faust.types import TP

from shared.bus.kafka.finder import KafkaFinder
from shared.bus.kafka.identity import IdentityClashError, identity_of
from shared.bus.kafka.inspector import KafkaInspector
from shared.bus.kafka.records import flaw_of
from shared.bus.kafka.topics import KafkaTopics
from shared.bus.port import ClientBrokenError, LostRecordsError
from shared.bus.positions import Position
from shared.bus.pulse import Pulse
from shared.bus.record import Partition, Record
from shared.errors import RetryableError, TidemillError
from shared.settings import KafkaSettings
from shared.stateful.faust_app import faust_app, seek_back
from shared.stateful.faust_table import FaustRows
from shared.stateful.order import OrderGuard, Turn
from shared.stateful.source import Source
from shared.stateful.starts import UNREAD, starts
from shared.stateful.state import Applied

CHUNK_MAX_RECORDS = 200
_ANSWER_WITHIN_S = 5.0
_STOP_WITHIN_S = 5.0
_SKIPPED_AFTER_S = 3.0
_CLOCK_INTERVAL_S = 1.0
_PARTITIONS_INTERVAL_S = 5.0


class Work(Protocol):
    """Calls of a stream; an error of a call ends the stream without an acknowledgement."""

    def recovered(self, partitions: frozenset[int]) -> Mapping[Partition, Applied]:
        """Return the last record applied in each of these partitions, after a recovery of the table."""
        ...

    async def apply(self, records: Sequence[Record]) -> None:
        """Return when the effects of a chunk are acknowledged."""
        ...

    async def pass_clock(self) -> None:
        """Return when the effects of the time on the clock are acknowledged."""
        ...


class StatefulStream:
    """Reads co-partitioned topics, one chunk at a time a process: scale by partitions and processes."""

    def __init__(
        self, kafka: KafkaSettings, source: Source, finder: KafkaFinder, work: Callable[[FaustRows], Work]
    ) -> None:
        """Build a stream, not running; `work` gets the rows that the table keeps."""
        self._kafka = kafka
        self._source = source
        self._identity = identity_of(kafka, group=source.group, name=source.member)
        self._app = faust_app(kafka, group=source.group, identity=self._identity)
        rows = FaustRows(self._app, source.table.name, partitions=source.partitions)
        rows.table.on_recover(self._begin)
        self._work = work(rows)
        topic = self._app.topic(*source.inputs, key_type=bytes, value_type=bytes)
        self._app.agent(topic, name="reader", concurrency=1)(self._read)
        self._ready: asyncio.Queue[tuple[Any, Any]] = asyncio.Queue(CHUNK_MAX_RECORDS)
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._order = OrderGuard(finder.next_record, self._seek, group=source.group)
        self._applying = asyncio.Lock()
        self._pulse = Pulse()
        self._app.on_partitions_revoked.connect(self._refuse_clash)
        self._inspector = KafkaInspector(kafka)
        self._topics = KafkaTopics(kafka)
        self._broker_is_away = False
        self._log = structlog.get_logger().bind(group=source.group)

    def running(self) -> bool:
        """Return whether the table is recovered, records are read and the broker answers."""
        return self._recovered() and self._pulse.broker_answers

    def stalled_s(self) -> float:
        """Return for how long records have waited without any moving; 0 while all is well, or Kafka away.

        That Faust hears nothing from a Kafka that is well counts as waiting, too.
        """
        deaf = self._recovered() and not self._pulse.broker_answers
        waiting = self._order.in_hand or self._pulse.lag_records or deaf
        return self._pulse.idle_s if waiting and not self._broker_is_away else 0.0

    async def lag(self) -> Mapping[Partition, int]:
        """Return how many records wait in each partition of this process; asks the broker.

        Raises RetryableError when the broker doesn't answer now.
        """
        if not self._recovered():
            await self._look_for_broker()
            return {}
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                waiting = await self._waiting()
        except LostRecordsError as error:
            self._fail(error)
            return {}
        except Exception as error:  # a client in the midst of a rebalance raises errors of many kinds
            await self._look_for_broker()
            raise RetryableError(f"asking for the lag: {error!r}") from error
        self._broker_is_away = False
        self._pulse.hear(sum(waiting.values()), in_flight_records=self._order.in_hand)
        return waiting

    async def run(self, stop: asyncio.Event, *beside: Coroutine[Any, Any, None]) -> None:
        """Return when `stop` was set, the chunk in hand is applied, and the offsets are committed.

        The coroutines `beside` run as long as the stream; one that ends or raises ends it.

        Raises the error of a chunk, LostRecordsError, ConfigError when a topic has grown, or
        ClientBrokenError when Faust fell: start the process again, and it goes on behind its last chunk.
        """
        steps: tuple[Coroutine[Any, Any, None], ...] = (
            self._live(),
            self._apply_chunks(),
            self._watch_clock(),
            self._watch_partitions(),
            *beside,
        )
        running = [asyncio.ensure_future(step) for step in steps]
        told = asyncio.ensure_future(_set(stop))
        try:
            await asyncio.wait({*running, told, self._failed}, return_when=asyncio.FIRST_COMPLETED)
            for ended in filter(asyncio.Future.done, running):
                ended.result()
            if stop.is_set():
                await _briefly(self._applying.acquire())  # the chunk in hand is done then
        finally:
            for task in (*running, told):
                task.cancel()
            # Faust waits for an agent that holds a record: that one must not hold us too.
            await _briefly(self._app.stop())
        if self._failed.done():
            self._failed.result()
        if not stop.is_set():
            raise ClientBrokenError(f"Faust stopped: {self._app.crash_reason!r}")

    async def _live(self) -> None:
        """Return when Faust has stopped; its start alone can take for ever, as one without rights does."""
        await self._app.start()
        await self._app.wait_until_stopped()

    async def _begin(self) -> None:
        """Take up each partition behind what the table holds of it; other partitions may be ours now."""
        ours = self._ours()
        if self._identity is not None:
            self._identity.note_joined()
        try:
            applied = self._work.recovered(frozenset(each.number for each in ours))
            begins = await starts(
                self._kafka,
                {each: _position(applied.get(each)) for each in ours},
                group=self._source.group,
                changelog=self._source.changelog,
            )
        except Exception as error:  # noqa: BLE001 - handed to run(), which ends the process
            await self._give_up(error)
        self._order.begin(begins)

    async def _refuse_clash(self, *_: Any, **__: Any) -> None:
        """Return when a rebalance may go on; never where another process has this one's static name."""
        try:
            if self._identity is not None:
                await self._identity.refuse_clash()
        except IdentityClashError as clash:
            await self._give_up(clash)

    async def _give_up(self, error: Exception) -> NoReturn:
        """Have run() raise this; never return to Faust, which would read on."""
        self._fail(error)
        while True:
            await asyncio.get_running_loop().create_future()

    def _fail(self, error: Exception) -> None:
        if not self._failed.done():
            self._failed.set_exception(error)

    def _ours(self) -> list[Partition]:
        return [
            Partition(*each) for each in self._app.consumer.assignment() if each.topic in self._source.inputs
        ]

    async def _read(self, stream: Any) -> None:
        """Pass records on. Faust acknowledges what its agent raised on, so all work is done elsewhere."""
        async for event in stream.noack().events():
            await self._ready.put((stream, event))

    async def _apply_chunks(self) -> NoReturn:
        """Apply the records that are ready, many at a time."""
        while True:
            chunk = [await self._ready.get()]
            while not self._ready.empty() and len(chunk) < CHUNK_MAX_RECORDS:
                chunk.append(self._ready.get_nowait())
            if not self._pulse.lag_records:
                self._pulse.move()  # the time of having nothing to do is no standstill
            if self._recovered():  # else all of them are delivered again
                async with self._applying:
                    await self._apply(chunk)

    async def _apply(self, chunk: Sequence[tuple[Any, Any]]) -> None:
        """Apply the records whose turn it is, and acknowledge what is applied, now or before."""
        epoch = self._order.epoch
        records = [_record(event.message) for _, event in chunk]
        turns = [await self._order.turn(record.partition, record.offset, epoch=epoch) for record in records]
        if epoch != self._order.epoch:
            return  # a recovery put older states in place: all of them are delivered again
        now = [record for record, turn in zip(records, turns, strict=True) if turn is Turn.NOW]
        if now:
            await self._work.apply(now)
            self._order.done(now, epoch=epoch)
            self._pulse.move()
        for (stream, event), turn in zip(chunk, turns, strict=True):
            if turn is not Turn.LATER:
                await stream.ack(event)

    async def _watch_clock(self) -> NoReturn:
        while True:
            await asyncio.sleep(_CLOCK_INTERVAL_S)
            if self._recovered():
                async with self._applying:
                    await self._work.pass_clock()

    async def _watch_partitions(self) -> NoReturn:
        """Raise ConfigError once a topic has grown: Faust would leave new partitions unread, then fall."""
        while True:
            await asyncio.sleep(_PARTITIONS_INTERVAL_S)
            with contextlib.suppress(RetryableError):
                await self._source.check(self._topics)

    async def _waiting(self) -> dict[Partition, int]:
        ours = self._ours()
        ends = await self._app.consumer.highwaters(*(TP(*each) for each in ours))
        waiting = {each: await self._order.waiting_records(each, ends[TP(*each)]) for each in ours}
        # Skipped at the end, where no record shows it; one that is tried again is not.
        if not self._order.in_hand and self.stalled_s() > _SKIPPED_AFTER_S:
            for each in filter(waiting.get, ours):
                await self._order.seek_back(each)
        return waiting

    async def _seek(self, partition: Partition, offset: int) -> None:
        await seek_back(self._app, TP(*partition), offset)

    def _recovered(self) -> bool:
        joined = self._app.rebalancing_count > 0
        return joined and not self._app.rebalancing and not self._app.in_recovery

    async def _look_for_broker(self) -> None:
        """Find out by another client who is silent: the broker, or Faust, which only a restart mends."""
        if self._pulse.broker_answers:
            return
        was_away, self._broker_is_away = self._broker_is_away, not await self._answers_others()
        if was_away and not self._broker_is_away:
            self._pulse.excuse()

    async def _answers_others(self) -> bool:
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                await self._inspector.topics()
        except (TimeoutError, TidemillError):
            return False
        return True


async def _set(event: asyncio.Event) -> None:
    await event.wait()


async def _briefly(work: Coroutine[Any, Any, Any]) -> None:
    """Wait for `work`, but not for long."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_STOP_WITHIN_S):
            await work


def _position(applied: Applied | None) -> Position:
    return UNREAD if applied is None else Position(applied.offset + 1, applied.timestamp_ms)


def _record(message: Any) -> Record:
    return Record(
        Partition(message.topic, message.partition),
        message.offset,
        message.key,
        message.value,
        tuple(message.headers or ()),
        int(message.timestamp * 1000),
        flaw_of(message),
    )
