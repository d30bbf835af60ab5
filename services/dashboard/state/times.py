"""Times of records."""

from datetime import UTC, datetime

from shared.bus.record import Record


def time_of(record: Record) -> datetime:
    """Return the timestamp of a record."""
    return datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)
