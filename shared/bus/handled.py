"""Records that are handled: decoded into events, and answered by the records to write for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.bus.dead_letters import dead_letter
from shared.bus.received import Received
from shared.bus.record import Outgoing, Record
from shared.errors import RejectedError
from shared.events import Event
from shared.events.codec import decode
from shared.events.headers import trace_of


@dataclass(frozen=True, slots=True)
class Handled:
    """A record with all that is written for it: its results, or one dead letter."""

    record: Record
    outgoing: Sequence[Outgoing]
    refusal: RejectedError | None = None
    """The reason of the dead letter; None where the record has results."""


class StreamCodec:
    """Decodes the records that one stream reads, and encodes what it writes for them."""

    def __init__(self, reads: Sequence[type[Event]], *, source: str, group: str) -> None:
        self._types = {event_type.name: event_type for event_type in reads}
        self._source = source
        self._group = group

    def received(self, record: Record) -> Received[Any] | RejectedError:
        """Return the event in a record, or the reason why there is none."""
        if record.flaw is not None:
            return record.flaw
        event_type = self._types[record.partition.topic]
        try:
            event = decode(event_type, key=record.key, value=record.value, headers=record.headers)
        except RejectedError as refusal:
            return refusal
        return Received(event, record.partition, record.offset, record.timestamp_ms, trace_of(record.headers))

    def answered(self, record: Record, received: Received[Any], results: Sequence[Event]) -> Handled:
        """Return the record with its results, which belong to its trace."""
        return Handled(
            record,
            [Outgoing.of(result, source=self._source, trace=received.trace) for result in results],
        )

    def refused(self, record: Record, refusal: RejectedError) -> Handled:
        """Return the record with its dead letter."""
        return Handled(record, [dead_letter(record, refusal, group=self._group)], refusal)
