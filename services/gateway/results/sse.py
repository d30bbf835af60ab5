"""Server-sent events of results, as bytes. Pure: no I/O."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi.sse import format_sse_event

from services.gateway.results.answers import parsed
from services.gateway.results.bodies import without_text
from services.gateway.results.filters import Filter
from services.gateway.results.positions import Positions, covers, to_text
from shared.bus.record import Record

RECONNECT_MS: Final = 2_000
SLOW: Final = format_sse_event(
    event="slow", data_str=json.dumps({"detail": "too slow: connect again, and the stream goes on from here"})
)


class ResultEvent:
    """A result on its way to subscribers: parsed once, and written once with text and once without."""

    def __init__(self, record: Record) -> None:
        self.partition = record.partition
        self.offset = record.offset
        self.value = record.value or b""
        self._body: Mapping[str, Any] | None = None
        self._frames: dict[bool, bytes] = {}

    @property
    def topic(self) -> str:
        """Return the wire name of the event."""
        return self.partition.topic

    @property
    def body(self) -> Mapping[str, Any]:
        """Return the event as parsed JSON."""
        if self._body is None:
            self._body = parsed(self.value)
        return self._body

    def is_behind(self, positions: Positions) -> bool:
        """Return whether a reader at these positions has yet to see it."""
        return self.offset >= positions.get(self.partition, 0)

    def reduce(self) -> None:
        """Keep nothing but the value of the record."""
        self._body = None
        self._frames.clear()

    def frame(self, *, with_text: bool) -> bytes:
        """Return the event as its lines in a stream, without an id."""
        if with_text not in self._frames:
            shown = self.body if with_text else without_text(self.body)
            text = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
            self._frames[with_text] = format_sse_event(event=self.topic, data_str=text)
        return self._frames[with_text]


class Chunk:
    """Results that arrived together, and the positions before and behind them."""

    def __init__(self, records: Sequence[Record], *, before: Positions, behind: Positions) -> None:
        self.events = [ResultEvent(record) for record in records]
        self.before = before
        self.behind = behind
        self.size_bytes = sum(len(event.value) for event in self.events)
        self._id = ""
        self._written: dict[tuple[Filter, bool], bytes] = {}

    @property
    def id(self) -> str:
        """Return the id that its last event carries."""
        self._id = self._id or to_text(self.behind)
        return self._id

    def frames_behind(self, positions: Positions, wanted: Filter, *, with_text: bool) -> bytes:
        """Return its wanted events that a reader at these positions has yet to see, as `frames` does."""
        if covers(positions, self.before):
            return self.frames(wanted, with_text=with_text)
        return self._write(wanted, positions, with_text=with_text)

    def frames(self, wanted: Filter, *, with_text: bool) -> bytes:
        """Return its wanted events, the last with the id; the same bytes for all who want the same."""
        key = (wanted, with_text)
        if key not in self._written:
            self._written[key] = self._write(wanted, {}, with_text=with_text)
        return self._written[key]

    def reduce(self) -> None:
        """Keep nothing but the values of the records."""
        self._written.clear()
        for event in self.events:
            event.reduce()

    def _write(self, wanted: Filter, positions: Positions, *, with_text: bool) -> bytes:
        frames = [
            event.frame(with_text=with_text)
            for event in self.events
            if event.is_behind(positions) and wanted.passes(event.topic, event.body)
        ]
        return b"".join((*frames[:-1], _with_id(frames[-1], self.id))) if frames else b""


def opening(positions_id: str) -> bytes:
    """Return the first lines of a stream: when to come back, and where the stream stands."""
    return format_sse_event(retry=RECONNECT_MS, id=positions_id)


def heartbeat(positions_id: str) -> bytes:
    """Return a comment that keeps the connection open, with the positions: clients dispatch no event."""
    return format_sse_event(comment="", id=positions_id)


def gap(lost: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the event that tells which results were deleted before the subscriber could read them."""
    detail = "results were deleted before they were sent; the stream goes on with what is left"
    return format_sse_event(event="gap", data_str=json.dumps({"detail": detail, "partitions": lost}))


def _with_id(frame: bytes, positions_id: str) -> bytes:
    return frame[:-1] + f"id: {positions_id}\n\n".encode()
