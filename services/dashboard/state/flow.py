"""Flow: inputs and their results, matched by id and counted by stream."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from services.dashboard.state.ids import event_id, ids_of
from services.dashboard.state.window import Window
from shared.bus.record import Record
from shared.catalogue import CAUSE_FIELDS, INFERENCE, LAST_RESULTS, SERVICES
from shared.events import DEAD_SUFFIX, Event
from shared.events.headers import event_id_of

_OPEN_MAX = 20_000


@dataclass(slots=True)
class StreamFlow:
    """One stream, from its input to its last result."""

    name: str
    service: str
    """Name of the service whose models answer."""

    topics: tuple[str, ...]
    """Topics between its input and its last result, in order; without that of the last result."""

    window: Window = field(default_factory=Window)
    open: OrderedDict[str, int] = field(default_factory=OrderedDict)
    """Timestamp in ms of each input without a last result, by id; bounded, the oldest are dropped."""

    early: OrderedDict[str, int | None] = field(default_factory=OrderedDict)
    """Timestamp in ms of each last result that was read before its input, None for a dead letter; bounded.

    Topics are read side by side, so an old result may come before its input.
    """


class Flow:
    """Streams of the catalogue, fed with the records of all topics."""

    def __init__(self) -> None:
        passed, ends = _passed(), _ends()
        self.streams = {
            service.stream: StreamFlow(
                service.stream,
                service.name,
                tuple(
                    topic
                    for topic, stream in passed.items()
                    if stream == service.stream and topic not in {event.name for event in ends}
                ),
            )
            for service in INFERENCE
            if service.stream
        }
        self._inputs = {
            service.input_topics[0]: self.streams[service.stream] for service in INFERENCE if service.stream
        }
        self._results = {
            event.name: (self.streams[stream], CAUSE_FIELDS[event]) for event, stream in ends.items()
        }
        self._topics = {
            topic: self.streams[stream] for topic, stream in passed.items() if stream in self.streams
        }

    def note(self, record: Record, now_ms: int) -> None:
        """Enter a record of any topic."""
        topic = record.partition.topic
        time_ms = min(record.timestamp_ms, now_ms)
        if stream := self._inputs.get(topic):
            self._note_input(stream, record, time_ms)
        elif found := self._results.get(topic):
            self._note_result(*found, record, time_ms)
        elif topic.endswith(DEAD_SUFFIX) and (stream := self._topics.get(topic.removesuffix(DEAD_SUFFIX))):
            self._note_dead(stream, record, time_ms)

    def _note_input(self, stream: StreamFlow, record: Record, time_ms: int) -> None:
        if bucket := stream.window.at(time_ms):
            bucket.inputs += 1
        which = event_id(record)
        if which in stream.early:
            _note_done(stream, stream.early.pop(which), time_ms)
        elif which:
            _keep(stream.open, which, time_ms)

    def _note_result(self, stream: StreamFlow, cause: str, record: Record, time_ms: int) -> None:
        which = getattr(ids_of(record), cause)
        received_ms = stream.open.pop(which, None)
        if received_ms is not None:
            _note_done(stream, time_ms, received_ms)
        else:
            _keep(stream.early, which, time_ms)

    def _note_dead(self, stream: StreamFlow, record: Record, time_ms: int) -> None:
        if bucket := stream.window.at(time_ms):
            bucket.dead += 1
        ids = ids_of(record)
        for which in filter(None, (ids.event_id, ids.cause_id, event_id_of(record.headers))):
            if stream.open.pop(which, None) is None:
                _keep(stream.early, which, None)


def _note_done(stream: StreamFlow, finished_ms: int | None, received_ms: int) -> None:
    if finished_ms is not None:
        stream.window.note_done(finished_ms, max(0, finished_ms - received_ms))


def _keep(kept: OrderedDict[str, Any], which: str, time_ms: int | None) -> None:
    kept[which] = time_ms
    if len(kept) > _OPEN_MAX:
        kept.popitem(last=False)


def _passed() -> dict[str, str]:
    """Return the stream of each topic between an input and its last result."""
    passed: dict[str, str] = {}
    for service in INFERENCE:
        topics = list(service.input_topics)
        while topics:
            topic = topics.pop()
            passed[topic] = service.stream or ""
            topics += [
                event.name
                for each in SERVICES
                if each.answers is not None and each.answers.name == topic
                for event in each.outputs
            ]
    return passed


def _ends() -> dict[type[Event], str]:
    """Return the stream of each last result."""
    passed = _passed()
    return {event: passed[event.name] for event in LAST_RESULTS if event.name in passed}
