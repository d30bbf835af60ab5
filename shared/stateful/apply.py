"""Effects of a chunk, in the order that makes a crash harmless: publish, then store, then mark it as done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any, Generic

from shared.bus.accounting import Accounting
from shared.bus.handled import Handled, StreamCodec
from shared.bus.limits import GuardLimits
from shared.bus.metrics import Step, StreamMetrics
from shared.bus.port import Producer
from shared.bus.positions import Position
from shared.bus.publishing import Publishing
from shared.bus.record import Outgoing, Partition, Record
from shared.bus.retries import Retries
from shared.clock import Clock
from shared.errors import RejectedError
from shared.events import Event
from shared.events.headers import new_trace
from shared.stateful.chunk import Chunk
from shared.stateful.service import StatefulService
from shared.stateful.state import Applied, StateT
from shared.stateful.table import StateTable

_IDLE_KEYS_A_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplierPolicy:
    """The fixed parts of one service's effects."""

    group: str
    source: str
    """Value of the header `ce_source` of the service's events."""

    reads: Sequence[type[Event]]
    """The events of the input topics."""

    metrics: StreamMetrics
    limits: GuardLimits
    clock: Clock


class Applier(Generic[StateT]):
    """Applies chunks one after the other; each step is tried again until the broker takes it."""

    def __init__(
        self,
        service: StatefulService[Any, StateT],
        table: StateTable[StateT],
        producer: Producer,
        policy: ApplierPolicy,
    ) -> None:
        self._service = service
        self._table = table
        self._producer = producer
        self._policy = policy
        self._codec = StreamCodec(policy.reads, source=policy.source, group=policy.group)
        self._retries = Retries(policy.metrics, group=policy.group)
        self._publishing = Publishing(self._retries, group=policy.group)
        self._accounting = Accounting(policy.metrics, policy.limits, group=policy.group)

    def recovered(self, partitions: frozenset[int]) -> Mapping[Partition, Applied]:
        """Return the last record applied in each of these partitions, after a recovery of the table.

        Raises ConfigError for a state that this release cannot read.
        """
        return self._table.recovered(partitions)

    async def apply(self, records: Sequence[Record]) -> None:
        """Return when the effects of these records are acknowledged and the table has a bookmark behind them.

        After a crash halfway the same records are applied again: their events have the same ids, and a state
        knows the last record applied to it. Raises DeadLetterFloodError when too many are refused.
        """
        chunk = Chunk(self._service, self._table)
        handled = [self._handled(chunk, record) for record in records]
        for topic, of_topic in groupby(records, _topic):
            self._accounting.note_read(topic, len(list(of_topic)))
        written = await self._publishing.publish(handled, self._send)
        await self._store(_topic(records[0]), chunk)
        for _, done in groupby(written, lambda each: _topic(each.record)):
            self._accounting.note_done(list(done))

    async def pass_clock(self) -> None:
        """Return when the effects of the time on the clock are acknowledged."""
        chunk = Chunk(self._service, self._table)
        events = chunk.pass_clock(self._policy.clock())
        if not chunk.states:
            return
        topic, trace = self._policy.reads[0].name, new_trace()
        outgoing = [Outgoing.of(event, source=self._policy.source, trace=trace) for event in events]
        send = partial(self._send, outgoing, up_to=Position(0))
        await self._retries.until_done(Step.PUBLISH, topic, send)
        await self._store(topic, chunk)

    def _handled(self, chunk: Chunk[StateT], record: Record) -> Handled:
        received = self._codec.received(record)
        chunk.advance(record)
        if isinstance(received, RejectedError):
            return self._codec.refused(record, received)
        try:
            chunk.check(received)
        except RejectedError as refusal:
            return self._codec.refused(record, refusal)
        return self._codec.answered(record, received, chunk.apply(received))

    async def _send(self, records: Sequence[Outgoing], *, up_to: Position) -> None:
        del up_to  # the bookmark and the acknowledgement say how far the input is done
        if records:
            await self._producer.publish(records)

    async def _store(self, topic: str, chunk: Chunk[StateT]) -> None:
        """Return when the table holds the chunk; its bookmarks come behind all of its states."""
        until_stored = partial(self._retries.until_done, Step.STORE, topic)
        bookmarks = chunk.bookmarks
        for bookmark in bookmarks:
            if not self._table.is_marked(bookmark.partition):
                # Else a recovery that finds half of the chunk's states would take them for the whole.
                before = self._table.bookmark(bookmark.partition)
                await until_stored(partial(self._table.store_bookmark, before))
        await until_stored(partial(self._table.store, chunk.states))
        for bookmark in bookmarks:
            await until_stored(partial(self._table.store_bookmark, bookmark))
            if bookmark.event_time is not None:
                delete = partial(self._table.delete_idle, most=_IDLE_KEYS_A_CHUNK)
                await until_stored(partial(delete, bookmark.partition, bookmark.event_time))


def _topic(record: Record) -> str:
    return record.partition.topic
