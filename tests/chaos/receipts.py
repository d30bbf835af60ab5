"""Receipts of the gateway against the topic: whether what was accepted over HTTP is there, once a key."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from shared.bus.record import Record
from shared.events import CustomerMessageReceived


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """Violations by kind."""

    accepted_count: int = 0
    """Messages that were answered with a success."""

    vanished: Sequence[UUID] = ()
    """Accepted, and not on the topic."""

    split: Sequence[str] = field(default=())
    """Texts, each sent under one idempotency key, that are on the topic as several events."""

    again_count: int = 0
    """Records beyond the first of their event: readers recognise them by the `event_id`."""

    def faults(self) -> list[str]:
        """Return each broken promise in words; empty when all were kept."""
        counts = {"accepted and lost": len(self.vanished), "keys with several events": len(self.split)}
        return [f"{count:,} {what}" for what, count in counts.items() if count]


def receipts(accepted: Mapping[str, set[UUID]], inputs: Sequence[Record]) -> Receipts:
    """Return what is wrong with the messages that were accepted over HTTP.

    `accepted` has the ids that were answered for each text; each text was sent under a key of its own.
    """
    if not accepted:
        return Receipts()
    found = Counter(_text_and_id(record) for record in inputs)
    ids = {event_id for _, event_id in found}
    events = Counter(text for text, _ in found)
    return Receipts(
        accepted_count=len(accepted),
        vanished=[each for answered in accepted.values() for each in answered if each not in ids],
        split=[text for text, answered in accepted.items() if events[text] > 1 or len(answered) > 1],
        again_count=sum(count - 1 for count in found.values()),
    )


def _text_and_id(record: Record) -> tuple[str, UUID]:
    event = CustomerMessageReceived.from_json(record.value or b"")
    return event.text, event.event_id
