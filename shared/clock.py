"""Clock type, which tests replace."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the current instant, aware, in UTC."""


def utc_now() -> datetime:
    """Return the current instant in UTC."""
    return datetime.now(UTC)
