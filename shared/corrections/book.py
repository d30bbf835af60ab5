"""Newest correction of each result. Pure: no I/O."""

from collections.abc import Iterator, Mapping
from uuid import UUID

from shared.bus.record import Record
from shared.errors import RejectedError
from shared.events import ImageCorrected, NewsArticleCorrected, SupportMessageCorrected
from shared.events.codec import decode

Correction = SupportMessageCorrected | NewsArticleCorrected | ImageCorrected

_BY_TOPIC: Mapping[str, type[Correction]] = {
    event.name: event for event in (SupportMessageCorrected, NewsArticleCorrected, ImageCorrected)
}


class Book:
    """Newest correction of each result, by the result's `event_id`."""

    def __init__(self) -> None:
        self._newest: dict[UUID, Correction] = {}

    def note(self, record: Record) -> None:
        """Take over the correction in a record; one that can't be read is passed over."""
        event_type = _BY_TOPIC.get(record.partition.topic)
        if event_type is None:
            return
        try:
            self.add(decode(event_type, key=record.key, value=record.value, headers=record.headers))
        except RejectedError:
            return

    def add(self, correction: Correction) -> None:
        """Take over a correction, which is newer than all before."""
        self._newest.pop(correction.cause_id, None)  # so that the order is that of the last change
        self._newest[correction.cause_id] = correction

    def newest(self, result_id: UUID) -> Correction | None:
        """Return the newest correction of a result; None where there is none."""
        return self._newest.get(result_id)

    def all(self, *, topic: str | None = None, for_training: bool = False) -> Iterator[Correction]:
        """Yield the newest correction of each result, the one that changed last at the end.

        `for_training` leaves out those without the name of a person.
        """
        for correction in tuple(self._newest.values()):
            is_wanted = topic in {None, correction.name}
            if is_wanted and not (for_training and correction.corrected_by is None):
                yield correction
