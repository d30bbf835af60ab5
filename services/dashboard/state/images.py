"""Received images by event id, as their files; bounded like the newest records."""

from collections import OrderedDict

from services.dashboard.state.ids import event_id
from services.dashboard.state.latest import event_of
from shared.bus.record import Record
from shared.events import ImageReceived

_KEPT_COUNT = 200
_KEPT_BYTES = 8 * 1024 * 1024


class Images:
    """At most 200 images and 8 MB of records."""

    def __init__(self) -> None:
        self._records: OrderedDict[str, Record] = OrderedDict()
        self._bytes = 0

    def note(self, record: Record) -> None:
        """Keep a record of the topic of received images, and drop the oldest above the bounds."""
        if record.partition.topic != ImageReceived.name or not (which := event_id(record)):
            return
        self._drop(which)
        self._records[which] = record
        self._bytes += len(record.value or b"")
        while len(self._records) > _KEPT_COUNT or (self._bytes > _KEPT_BYTES and len(self._records) > 1):
            self._drop(next(iter(self._records)))

    def __contains__(self, which: str) -> bool:
        """Return whether the image of an event is kept."""
        return which in self._records

    def file(self, which: str) -> bytes | None:
        """Return the file of an image; None when it is not kept, or no image that was accepted."""
        record = self._records.get(which)
        event = event_of(record) if record else None
        return event.content if isinstance(event, ImageReceived) else None

    def _drop(self, which: str) -> None:
        if record := self._records.pop(which, None):
            self._bytes -= len(record.value or b"")
