"""Counts the records of a stream and its dead letters, and stops a flood of them."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence

import structlog

from shared.bus.dead_letters import FloodGuard
from shared.bus.handled import Handled
from shared.bus.limits import GuardLimits
from shared.bus.metrics import StreamMetrics
from shared.bus.record import Record
from shared.errors import RejectedError
from shared.events.headers import event_id_of, named_trace, trace_id


class Accounting:
    """Counts of one stream: records in and out, dead letters, and the age of acknowledged events."""

    def __init__(self, metrics: StreamMetrics, limits: GuardLimits, *, group: str) -> None:
        self._metrics = metrics
        self._flood_guard = FloodGuard(
            max_share=limits.dead_letter_max_share, min_count=limits.dead_letter_min_count
        )
        self._log = structlog.get_logger().bind(group=group)

    def note_read(self, topic: str, count: int) -> None:
        """Count records that were fetched."""
        self._metrics.records_in.labels(topic).inc(count)

    def note_done(self, handled: Sequence[Handled]) -> None:
        """Count records of one topic whose results and dead letters are acknowledged; log each dead letter.

        Raises DeadLetterFloodError when too many of the last minute's records were refused.
        """
        if not handled:
            return
        topic = handled[0].record.partition.topic
        refusals = [(each.record, each.refusal) for each in handled if each.refusal is not None]
        self._observe_age(topic, handled)
        for record, refusal in refusals:
            self._metrics.note_dead_letter(topic, refusal.reason)
            self._log_dead_letter(record, refusal)
        written = Counter(outgoing.topic for each in handled for outgoing in each.outgoing)
        for written_topic, count in written.items():
            self._metrics.records_out.labels(topic, written_topic).inc(count)
        now_s = asyncio.get_running_loop().time()
        self._flood_guard.note(now_s, records=len(handled), dead=len(refusals))

    def _observe_age(self, topic: str, handled: Sequence[Handled]) -> None:
        event_age, now_ms = self._metrics.event_age.labels(topic), time.time() * 1000
        for each in handled:
            event_age.observe(max(0.0, now_ms - each.record.timestamp_ms) / 1000)

    def _log_dead_letter(self, record: Record, refusal: RejectedError) -> None:
        """Log the record's place, event id and trace id; nothing of its content."""
        trace = named_trace(record.headers)
        self._log.warning(
            "record_dead_lettered",
            topic=record.partition.topic,
            partition=record.partition.number,
            offset=record.offset,
            reason=refusal.reason,
            event_id=event_id_of(record.headers),
            trace_id=trace_id(trace) if trace else "",
        )
