"""Rate of results, from their records."""

import json
from collections.abc import Sequence

from shared.bus.record import Record


def rate_per_s(results: Sequence[Record]) -> float:
    """Return results per second, from the start of the work on the first one to the last result.

    Counting from the first result would flatter: many records in flight are half done by then. Raises
    ValueError when there are no two times.
    """
    began_ms = min(record.timestamp_ms - _worked_on_ms(record) for record in results)
    ended_ms = max(record.timestamp_ms for record in results)
    if began_ms == ended_ms:
        raise ValueError("all results came at one moment: measure with more")
    return len(results) / (ended_ms - began_ms) * 1000


def _worked_on_ms(record: Record) -> float:
    """Return the milliseconds of work on the record, if it names them; a loop without batches need not."""
    decision = json.loads(record.value or b"{}").get("decision") or {}
    return float(decision.get("total_ms", 0.0))
