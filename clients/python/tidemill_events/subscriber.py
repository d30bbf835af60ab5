"""Subscriber: typed events of Kafka topics, each once, committed after it was handled."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, Generic, Self, TypeVar
from uuid import UUID

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError

from shared.errors import RejectedError
from shared.events.codec import decode
from shared.events.envelope import Event

from .seen import Seen

E = TypeVar("E", bound=Event)

OnRejected = Callable[[Any, RejectedError], None]
"""Takes aiokafka's ConsumerRecord and the fault."""

_COMMIT_EVERY_S = 1.0
_FETCH_TIMEOUT_MS = 1_000
_FETCH_MAX_RECORDS = 100


@asynccontextmanager
async def subscribe(
    *events: type[E],
    bootstrap: str,
    group: str,
    remember: int = 100_000,
    on_rejected: OnRejected | None = None,
    **settings: Any,
) -> AsyncIterator[AsyncIterator[E]]:
    """Yield an endless iterator over events of these types, from the oldest not handled by the group.

    An event counts as handled when the next one is asked for, or when the block ends without an error. The
    events that were handled are committed once a second and at the end of the block; after an error or a
    crash the others come again. Order is kept within a key.

    An event whose id is among the last `remember` is dropped, which covers repeats within this process. Where
    an effect must not happen twice even after a crash, store the `event_id` together with the effect.

    A record that is no event of its topic is passed to `on_rejected`, and skipped; without that function it
    raises RejectedError. Fields that a class doesn't know are ignored. `settings` are those of
    AIOKafkaConsumer, such as `security_protocol`, `sasl_mechanism` and `ssl_context`.
    """
    defaults: dict[str, Any] = {"auto_offset_reset": "earliest", "isolation_level": "read_committed"}
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False, **defaults | settings
    )
    subscription = Subscription(consumer, events, Seen(remember), on_rejected)
    consumer.subscribe([event.name for event in events], listener=subscription)
    await consumer.start()
    try:
        yield subscription
        subscription.handled()
    finally:
        await subscription.commit()
        await consumer.stop()


class Subscription(ConsumerRebalanceListener, Generic[E]):  # type: ignore[misc] # aiokafka has no types
    """Iterator over events, with the position of the subscriber in its partitions."""

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        events: Iterable[type[E]],
        seen: Seen,
        on_rejected: OnRejected | None,
    ) -> None:
        self._consumer = consumer
        self._events = {event.name: event for event in events}
        self._seen = seen
        self._on_rejected = on_rejected
        self._waiting: deque[tuple[TopicPartition, Any]] = deque()
        self._in_hand: tuple[TopicPartition, int, UUID] | None = None
        self._next_offsets: dict[TopicPartition, int] = {}
        """Of each partition with records that were handled and are not committed."""
        self._committed_at_s = 0.0

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> E:
        """Return the next event; the one before counts as handled."""
        self.handled()
        while True:
            await self._commit_in_time()
            while not self._waiting:
                await self._fetch()
            place, record = self._waiting.popleft()
            event = self._read(record)
            if event is None or event.event_id in self._seen:
                self._next_offsets[place] = record.offset + 1
                continue
            self._in_hand = (place, record.offset, event.event_id)
            return event

    def handled(self) -> None:
        """Count the event that was returned last as handled."""
        if self._in_hand is not None:
            place, offset, event_id = self._in_hand
            self._next_offsets[place] = offset + 1
            self._seen.add(event_id)
            self._in_hand = None

    async def commit(self) -> None:
        """Commit all that was handled, in the partitions that this subscriber still has."""
        self._committed_at_s = _now_s()
        assigned = self._consumer.assignment()
        offsets = {place: offset for place, offset in self._next_offsets.items() if place in assigned}
        self._next_offsets.clear()
        if offsets:
            try:
                await self._consumer.commit(offsets)
            except CommitFailedError:  # the group has shared its partitions out anew: the events come again
                return

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Commit before another member takes over, and leave the rest to it."""
        await self.commit()
        gone = set(revoked)
        self._waiting = deque(each for each in self._waiting if each[0] not in gone)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Begin at the committed offsets, as aiokafka does by itself."""

    async def _commit_in_time(self) -> None:
        if not self._waiting or _now_s() - self._committed_at_s >= _COMMIT_EVERY_S:
            await self.commit()

    async def _fetch(self) -> None:
        fetched = await self._consumer.getmany(timeout_ms=_FETCH_TIMEOUT_MS, max_records=_FETCH_MAX_RECORDS)
        self._waiting.extend((place, record) for place, records in fetched.items() for record in records)

    def _read(self, record: Any) -> E | None:
        """Return the event of a record; None for one that was rejected."""
        event_type = self._events[record.topic]
        try:
            return decode(event_type, key=record.key, value=record.value, headers=tuple(record.headers))
        except RejectedError as error:
            if self._on_rejected is None:
                where = f"{record.topic}, partition {record.partition}, offset {record.offset}"
                raise RejectedError(
                    error.reason, f"{where}: {error}; pass on_rejected to skip such records"
                ) from None
            self._on_rejected(record, error)
            return None


def _now_s() -> float:
    return asyncio.get_running_loop().time()
