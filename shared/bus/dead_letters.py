"""Dead letters: records that can never be handled, with their bytes, their origin and the reason.

Header names `kafka_dlt-*` are Spring's, so that existing tools read them; ours start with `tidemill-`.
"""

from collections import deque
from dataclasses import dataclass, replace
from hashlib import sha256

from shared.bus.record import Outgoing, Partition, Record
from shared.errors import RejectedError, TidemillError
from shared.events import DEAD_SUFFIX
from shared.events.headers import Headers, named_trace, trace_id
from shared.reasons import Reason

_FIRST_HEADER = "kafka_dlt-original-topic"
_LEFT_OUT_HEADER = "tidemill-value-left-out"
ATTEMPT_HEADER = "tidemill-replay-attempt"
"""Header of a replayed record, and so of its next letter: 1 for the first replay, then 2, ..."""

_ATTEMPT_MAX_DIGITS = 6


class ValueLeftOutError(TidemillError):
    """A dead letter can't be replayed, as it does not hold the value of its record."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A dead letter read back."""

    original: Partition
    original_offset: int
    reason: str
    message: str
    key: bytes | None
    value: bytes | None
    value_left_out: bool
    """True when the broker refused the letter for its size: the value is at the original offset only.

    Key and original headers may be left out as well.
    """

    headers: Headers
    """Headers of the original record."""

    @property
    def attempt(self) -> int:
        """Return how many times the record had been replayed before it became this letter."""
        counts = [value for name, value in self.headers if name == ATTEMPT_HEADER and value]
        is_count = counts and counts[-1].isdigit() and len(counts[-1]) <= _ATTEMPT_MAX_DIGITS
        return int(counts[-1]) if is_count else 0

    def outline(self) -> "DeadLetter":
        """Return the letter without value and original headers, to keep many of them in memory."""
        attempt = tuple(header for header in self.headers if header[0] == ATTEMPT_HEADER)
        return replace(self, value=None, headers=attempt)

    def as_sent(self) -> Outgoing:
        """Return the record as it was refused.

        Raises ValueLeftOutError when the letter was too large to hold it.
        """
        if self.value_left_out:
            raise ValueLeftOutError(f"too large; the original is at offset {self.original_offset}")
        return Outgoing(self.original.topic, self.key, self.value, self.headers)

    def replay(self, without: frozenset[str] = frozenset()) -> Outgoing:
        """Return the record to be written to its topic again, with the number of this attempt as a header.

        Headers of the names in `without` stay behind. Raises ValueLeftOutError when the letter was too large
        to hold its record.
        """
        left_out = without | {ATTEMPT_HEADER}
        others = tuple(header for header in self.headers if header[0] not in left_out)
        attempt = (ATTEMPT_HEADER, str(self.attempt + 1).encode())
        return replace(self.as_sent(), headers=(*others, attempt))


def dead_letter(record: Record, error: RejectedError, *, group: str) -> Outgoing:
    """Return the record for `<topic>.dead`: key, value and headers untouched, ours added behind."""
    facts = {
        _FIRST_HEADER: record.partition.topic,
        "kafka_dlt-original-partition": str(record.partition.number),
        "kafka_dlt-original-offset": str(record.offset),
        "kafka_dlt-original-timestamp": str(record.timestamp_ms),
        "kafka_dlt-original-consumer-group": group,
        "kafka_dlt-exception-fqcn": f"{type(error).__module__}.{type(error).__qualname__}",
        "kafka_dlt-exception-message": str(error),
        "tidemill-reason": error.reason,
        "tidemill-payload-sha256": sha256(record.value or b"").hexdigest(),
    }
    if trace := named_trace(record.headers):
        facts["tidemill-trace-id"] = trace_id(trace)
    added = tuple((name, text.encode(errors="replace")) for name, text in facts.items())
    return Outgoing(record.partition.topic + DEAD_SUFFIX, record.key, record.value, record.headers + added)


def shortened(letter: Outgoing) -> Outgoing | None:
    """Return a dead letter without its value, or without its key and original headers where it has none.

    Our headers make a letter larger than its record, which may have been as large as can be. None when only
    our headers are left.
    """
    own = _first_own_header(letter.headers)
    ours, left_out = letter.headers[own:], ((_LEFT_OUT_HEADER, b"true"),)
    if letter.value is not None:
        return replace(letter, value=None, headers=letter.headers + left_out)
    if letter.key is not None or own > 0:
        return replace(letter, key=None, headers=ours if left_out[0] in ours else ours + left_out)
    return None


def read_dead_letter(record: Record) -> DeadLetter:
    """Return the letter that `dead_letter` wrote. Raises RejectedError `wrong_shape` for any other record."""
    own = _first_own_header(record.headers)
    try:
        facts = {name: value.decode() for name, value in record.headers[own:] if value is not None}
        return DeadLetter(
            original=Partition(facts[_FIRST_HEADER], int(facts["kafka_dlt-original-partition"])),
            original_offset=int(facts["kafka_dlt-original-offset"]),
            reason=facts["tidemill-reason"],
            message=facts["kafka_dlt-exception-message"],
            key=record.key,
            value=record.value,
            value_left_out=_LEFT_OUT_HEADER in facts,
            headers=record.headers[:own],
        )
    except (KeyError, ValueError) as error:
        raise RejectedError(Reason.WRONG_SHAPE, f"not a dead letter of Tidemill: {error}") from None


def _first_own_header(headers: Headers) -> int:
    """Return the index of our first header; the last such one, as a letter can be dead-lettered again."""
    own = [index for index, (name, _) in enumerate(headers) if name == _FIRST_HEADER]
    return own[-1] if own else len(headers)


class DeadLetterFloodError(TidemillError):
    """Too many records are refused: the stream stops, and a person must look for the cause."""


class FloodGuard:
    """Stops a stream that dead-letters more than `max_share` of the last minute's records."""

    def __init__(self, *, max_share: float, min_count: int, window_s: float = 60.0) -> None:
        self._max_share = max_share
        self._min_count = min_count
        self._window_s = window_s
        self._seen: deque[tuple[float, int, int]] = deque()
        self._record_count = 0
        self._dead_count = 0

    def note(self, now_s: float, *, records: int, dead: int) -> None:
        """Count a chunk. Raises DeadLetterFloodError when the last minute holds too many dead letters."""
        self._seen.append((now_s, records, dead))
        self._record_count += records
        self._dead_count += dead
        while self._seen[0][0] < now_s - self._window_s:
            _, old_records, old_dead = self._seen.popleft()
            self._record_count -= old_records
            self._dead_count -= old_dead
        share = self._dead_count / max(1, self._record_count)
        if dead and self._dead_count >= self._min_count and share > self._max_share:
            raise DeadLetterFloodError(
                f"{self._dead_count} dead letters in {self._window_s:.0f} s, {share:.0%} of all records: "
                "see `tidemill dead list` for the reasons, mend the sender, then start again"
            )
