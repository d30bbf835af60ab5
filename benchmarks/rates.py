"""From records of results to a rate."""

import json
from collections.abc import Sequence

from shared.bus.record import Record


def rate_per_s(results: Sequence[Record]) -> float:
    """Return results a second, from the moment when work on the first one began to the last one.

    Not from the first result on: by then much of what is in flight has been worked on already.
    Raises ValueError when there are no two moments.
    """
    began_ms = min(record.timestamp_ms - _worked_on_ms(record) for record in results)
    ended_ms = max(record.timestamp_ms for record in results)
    if began_ms == ended_ms:
        raise ValueError("all results came at one moment: measure with more")
    return len(results) / (ended_ms - began_ms) * 1000


def _worked_on_ms(record: Record) -> float:
    """Return how long the record was worked on, if it says so; who works one by one needs not say it."""
    decision = json.loads(record.value or b"{}").get("decision") or {}
    return float(decision.get("total_ms", 0.0))
