"""Check of a stored read position against the log that it belongs to. Pure: no I/O."""

from dataclasses import dataclass
from enum import StrEnum

_FIELD = "last_timestamp_ms="


@dataclass(frozen=True, slots=True)
class Position:
    """The place up to which a partition is done."""

    next_offset: int
    """Offset of the record to read next."""

    last_timestamp_ms: int | None = None
    """Timestamp of the record at `next_offset - 1`; None when it is unknown."""

    def metadata(self) -> str:
        """Return the text that is stored beside the offset, at most 40 characters."""
        return "" if self.last_timestamp_ms is None else f"{_FIELD}{self.last_timestamp_ms}"

    @classmethod
    def stored(cls, next_offset: int, metadata: str) -> "Position":
        """Return the position that was stored as this offset and text; text of other tools is ignored."""
        number = metadata.removeprefix(_FIELD)
        is_ours = metadata.startswith(_FIELD) and number.isascii() and number.isdigit()
        return cls(next_offset, int(number) if is_ours else None)


@dataclass(frozen=True, slots=True)
class Log:
    """The part of a partition that is left on the broker: offsets `begin` to `end - 1`."""

    begin: int
    end: int
    last_timestamp_ms: int | None = None
    """Timestamp of the record before the position that is checked; None where no record has that offset."""


class Verdict(StrEnum):
    """Result of the check."""

    INSIDE = "inside"
    """Reading goes on at the position, and every record is seen."""

    DELETED = "deleted"
    """The log begins behind the position: records were deleted unread."""

    BEYOND_END = "beyond end"
    """The log ends before the position: it was truncated, restored from a copy, or made again."""

    REPLACED = "replaced"
    """The log was truncated or made again, and has grown past the position: another record is there now."""


def verdict(position: Position, log: Log) -> Verdict:
    """Return whether `position` fits `log`.

    Only INSIDE allows to go on by itself. After any other verdict records from `log.begin` on may be unread.
    """
    if position.next_offset < log.begin:
        return Verdict.DELETED
    if position.next_offset > log.end:
        return Verdict.BEYOND_END
    known = position.last_timestamp_ms is not None and log.last_timestamp_ms is not None
    if known and position.last_timestamp_ms != log.last_timestamp_ms:
        return Verdict.REPLACED
    return Verdict.INSIDE
