"""Ledger of a running system: inputs, and the result or dead letter of each, matched by id."""

from collections import Counter, OrderedDict, deque
from statistics import quantiles
from uuid import UUID

from shared.bus.dead_letters import read_dead_letter
from shared.bus.record import Partition, Record
from shared.catalogue import CAUSE_FIELDS, LAST_RESULTS
from shared.errors import RejectedError
from shared.events import BY_NAME, DEAD_SUFFIX, INPUTS, Event
from shared.events.codec import decode
from shared.events.headers import Headers

Id = UUID | tuple[Partition, int]
"""The event's id, or partition and offset of a record that can't be read as an event."""

_REMEMBERED_COUNT = 50_000
_INPUT_NAMES = frozenset(event.name for event in INPUTS)
_STEPS = CAUSE_FIELDS.keys() - LAST_RESULTS
"""Results that a further service answers. A dead letter of one of them closes its input."""


class Ledger:
    """Matches results and dead letters with inputs, in any order of arrival."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._open: dict[Id, int] = {}
        self._early: dict[Id, int] = {}
        self._closed: OrderedDict[Id, None] = OrderedDict()
        self._latencies_ms: deque[int] = deque(maxlen=_REMEMBERED_COUNT)

    def note(self, record: Record) -> Event | None:
        """Enter a record of any topic; return its event, or None when it holds none."""
        topic = record.partition.topic
        if topic.endswith(DEAD_SUFFIX):
            self._note_dead(record)
            return None
        event = _event(topic, record.key, record.value, record.headers)
        if topic in _INPUT_NAMES:
            self._received(event.event_id if event else (record.partition, record.offset), record)
        elif event is not None:
            self.counts[topic] += 1
            if type(event) in LAST_RESULTS:
                self._finished(_input_id(event), record)
        return event

    @property
    def sent_count(self) -> int:
        """Return the number of different inputs."""
        return self.counts["sent"]

    @property
    def open_count(self) -> int:
        """Return the number of inputs that have neither a last result nor a dead letter yet."""
        return len(self._open)

    @property
    def done_count(self) -> int:
        """Return the number of inputs that have their last result or a dead letter."""
        return self.sent_count - self.open_count

    def latency_ms(self) -> tuple[float, float]:
        """Return median and 99th percentile, in ms, from an input to its last result; 0 without any."""
        if len(self._latencies_ms) < 2:
            return (0.0, 0.0)
        cuts = quantiles(self._latencies_ms, n=100, method="inclusive")
        return cuts[49], cuts[98]

    def _note_dead(self, record: Record) -> None:
        self.counts["dead"] += 1
        try:
            letter = read_dead_letter(record)
        except RejectedError:
            return
        event = _event(letter.original.topic, letter.key, letter.value, letter.headers)
        if letter.original.topic in _INPUT_NAMES:
            self._finished(event.event_id if event else (letter.original, letter.original_offset), record)
        elif event is not None and type(event) in _STEPS:
            self._finished(_input_id(event), record)

    def _received(self, which: Id, record: Record) -> None:
        if which in self._open or which in self._closed:
            self.counts["sent_again"] += 1
            return
        self.counts["sent"] += 1
        self._open[which] = record.timestamp_ms
        if which in self._early:
            self._close(which, self._early.pop(which))

    def _finished(self, which: Id, record: Record) -> None:
        if which in self._closed:
            self.counts["repeated"] += 1
        elif which in self._open:
            self._close(which, record.timestamp_ms)
        else:
            self._early[which] = record.timestamp_ms

    def _close(self, which: Id, finished_ms: int) -> None:
        self._latencies_ms.append(max(0, finished_ms - self._open.pop(which)))
        self._closed[which] = None
        if len(self._closed) > _REMEMBERED_COUNT:
            self._closed.popitem(last=False)


def _event(topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> Event | None:
    try:
        return decode(BY_NAME[topic], key=key, value=value, headers=headers)
    except (KeyError, RejectedError):
        return None


def _input_id(result: Event) -> UUID:
    """Return the id of the input that led to a result."""
    answered: UUID = getattr(result, CAUSE_FIELDS[type(result)])
    return answered
