"""A stream of analyzed news and a table of companies, on Faust."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import faust
import structlog
from faust.types import TP

from services.sentiment_alerts.handler import States
from shared.bus.kafka.reader import KafkaFinder, KafkaInspector
from shared.bus.port import ClientBrokenError, LostRecordsError
from shared.bus.pulse import Pulse
from shared.bus.record import Partition, Record
from shared.errors import RetryableError, TidemillError
from shared.settings import KafkaSettings
from shared.stateful.apply import Store
from shared.stateful.faust_app import faust_app
from shared.stateful.order import Order, Turn
from shared.stateful.table import TableStates

Apply = Callable[[Record, States, Store], Awaitable[None]]
"""Returns when a record's effects are acknowledged; whatever it raises ends the stream without an ack."""

TABLE = "companies"
_ANSWER_WITHIN_S = 5.0
_STOP_WITHIN_S = 5.0
_SKIPPED_AFTER_S = 3.0
_RECOVERY_BUFFER_RECORDS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsSource:
    """What is read, and as whom."""

    topic: str
    group: str
    partitions: int
    """Of the topic; the table's changelog has as many."""

    member: str | None = None


def changelog_topic(group: str) -> str:
    """Return the topic that the table is recovered from."""
    return f"{group}-{TABLE}-changelog"


class CompanyTable(faust.Table[bytes, bytes]):
    """A table whose last write can be awaited: Faust itself sends it some time later."""

    last_write: Awaitable[Any]

    def send_changelog(self, *args: Any, **kwargs: Any) -> Any:
        """Return the write, and remember it."""
        self.last_write = super().send_changelog(*args, **kwargs)
        return self.last_write


class NewsStream:
    """Reads one topic, one record at a time a process: scale by partitions and processes."""

    def __init__(self, kafka: KafkaSettings, source: NewsSource, finder: KafkaFinder, apply: Apply) -> None:
        self._source = source
        self._finder = finder
        self._apply = apply
        self._app = faust_app(kafka, group=source.group, member=source.member)
        self._topic = self._app.topic(source.topic, key_type=bytes, value_type=bytes)
        table = CompanyTable(
            self._app,
            name=TABLE,
            key_type=bytes,
            value_type=bytes,
            partitions=source.partitions,
            recovery_buffer_size=_RECOVERY_BUFFER_RECORDS,
        )
        self._app.tables.add(table)
        self._states = TableStates(table)
        table.on_recover(self._begin)
        self._app.agent(self._topic, name="news", concurrency=1)(self._read)
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._order = Order()
        self._busy = False
        self._log = structlog.get_logger().bind(group=source.group)
        self._pulse = Pulse()
        self._inspector = KafkaInspector(kafka)
        self._broker_is_away = False

    def running(self) -> bool:
        """Return whether the table is recovered, news is read and the broker answers."""
        return self._recovered() and self._pulse.broker_answers

    def stalled_s(self) -> float:
        """Return for how long records have waited without any moving; 0 while all is well, or Kafka away.

        That Faust hears nothing from a Kafka that is well counts as waiting, too.
        """
        deaf = self._recovered() and not self._pulse.broker_answers
        waiting = self._busy or self._pulse.lag_records or deaf
        return self._pulse.idle_s if waiting and not self._broker_is_away else 0.0

    async def lag(self) -> Mapping[Partition, int]:
        """Return how many records wait in each of our partitions, by the broker's own word.

        Raises RetryableError when that can't be had now.
        """
        if not self._recovered():
            await self._look_for_broker()
            return {}
        ours = self._ours()
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                ends = await self._app.consumer.highwaters(*ours)
                waiting = {each: await self._waiting(each.partition, ends[each]) for each in ours}
                # Skipped at the end, where no record shows it; one that is tried again is not.
                if not self._busy and self.stalled_s() > _SKIPPED_AFTER_S:
                    for each in filter(waiting.get, ours):
                        await self._seek_back(each.partition)
        except LostRecordsError as error:
            self._fail(error)
            return {}
        except Exception as error:  # whatever a client in the midst of a rebalance says
            await self._look_for_broker()
            raise RetryableError(f"asking for the lag: {error!r}") from error
        self._broker_is_away = False
        self._pulse.hear(sum(waiting.values()), in_flight_records=int(self._busy))
        return {Partition(*each): records for each, records in waiting.items()}

    async def run(self, stop: asyncio.Event) -> None:
        """Return when `stop` was set and the offsets are committed.

        Raises what `apply` raised, or ClientBrokenError when Faust fell: start the process again,
        and it goes on where its last acknowledged record ended.
        """
        running, told = asyncio.ensure_future(self._live()), asyncio.ensure_future(_set(stop))
        try:
            await asyncio.wait([running, told, self._failed], return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                running.result()
        finally:
            for end in (running, told):
                end.cancel()
            # Faust waits for an agent that holds a record it failed on: that one must not hold us too.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_STOP_WITHIN_S):
                    await self._app.stop()
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
        applied = self._states.recovered()
        try:
            starts = await self._finder.starts(
                {Partition(*each): applied.get(each.partition, -1) + 1 for each in self._ours()}
            )
        except Exception as error:  # noqa: BLE001 - handed to run(), which ends the process
            await self._give_up(error)
        self._order.begin({partition.number: offset for partition, offset in starts.items()})

    async def _give_up(self, error: Exception) -> NoReturn:
        """Have run() raise this; never return to Faust, which would ack the record, or read on."""
        self._fail(error)
        while True:
            await asyncio.get_running_loop().create_future()

    def _fail(self, error: Exception) -> None:
        if not self._failed.done():
            self._failed.set_exception(error)

    def _ours(self) -> list[TP]:
        return [each for each in self._app.consumer.assignment() if each.topic == self._source.topic]

    async def _read(self, stream: Any) -> None:
        """Apply record by record. Faust acks what an agent raised on, so nothing may leave this loop."""
        async for event in stream.noack().events():
            if not self._pulse.lag_records:
                self._pulse.move()  # the time of having nothing to do is no standstill
            self._busy = True
            try:
                if await self._apply_in_turn(event.message):
                    await stream.ack(event)
                    self._pulse.move()
            except Exception as error:  # noqa: BLE001 - handed to run(), which ends the process
                await self._give_up(error)
            finally:
                self._busy = False

    async def _waiting(self, partition: int, end: int) -> int:
        """Return how many offsets wait up to the end of a partition; 0 if none of them holds a record."""
        if self._order.next_offset(partition) < end:
            epoch = self._order.epoch
            self._order.go_on_at(partition, await self._next_record(partition), epoch=epoch)
        return max(0, end - self._order.next_offset(partition))

    async def _apply_in_turn(self, message: Any) -> bool:
        """Return whether the record is applied, now or before; False for one that came too early."""
        match await self._turn(message.partition, message.offset):
            case Turn.NOW:
                epoch = self._order.epoch
                await self._apply(_record(message), self._states, self._states.store)
                self._order.go_on_at(message.partition, message.offset + 1, epoch=epoch)
            case Turn.EARLY:
                await self._seek_back(message.partition)
                return False
            case Turn.BEHIND_GAP:
                return False
        return True

    async def _turn(self, partition: int, offset: int) -> Turn:
        """Return whether this record is the next one, by Kafka's word where a gap lies before it."""
        turn, epoch = self._order.turn(partition, offset), self._order.epoch
        if turn is not Turn.BEHIND_GAP:
            return turn
        try:
            first = await self._next_record(partition)
        except RetryableError as error:  # the record comes again: see lag()
            self._log.warning("gap_unknown", partition=partition, offset=offset, why=str(error))
            return turn
        return self._order.turn_after(partition, offset, first=first, epoch=epoch)

    async def _next_record(self, partition: int) -> int:
        """Return where Kafka has the first record from the next offset on.

        Raises LostRecordsError when what was there is deleted, RetryableError when the broker is away
        or the partition is another's since the question came up.
        """
        if not self._order.has(partition):
            raise RetryableError(f"partition {partition} went to another worker")
        return await self._finder.next_record(
            Partition(self._source.topic, partition), self._order.next_offset(partition)
        )

    async def _seek_back(self, partition: int) -> None:
        """Have the records delivered that were skipped."""
        if self._order.seek_due(partition, asyncio.get_running_loop().time()):
            offset = self._order.next_offset(partition)
            self._log.warning("records_skipped", partition=partition, offset=offset)
            await self._app.consumer.seek_wait({TP(self._source.topic, partition): offset})

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


def _record(message: Any) -> Record:
    return Record(
        Partition(message.topic, message.partition),
        message.offset,
        message.key,
        message.value,
        tuple(message.headers or ()),
        int(message.timestamp * 1000),
    )
