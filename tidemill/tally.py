"""Counts of what happened to the rows of a source."""

from collections import Counter
from collections.abc import Callable, Iterator

from shared.errors import RejectedError
from shared.events import Event
from shared.reasons import Reason
from tidemill.reading.found import Found, LeftOut, Reading

SHOWN_COUNT = 10
"""So many reasons are kept and shown: a broken file may have millions."""


class Tally:
    """Rows left out, with the first reasons, and remarks on rows that were sent."""

    def __init__(self) -> None:
        self.left_out_count = 0
        self._read_count = 0
        self._reasons: list[str] = []
        self._notes = Counter[str]()
        self._first_places: dict[str, str] = {}

    def events(self, reading: Reading, event_of: Callable[[Found], Event]) -> Iterator[Event]:
        """Yield the events of the rows; count rows that are left out, or rejected by `event_of`."""
        for read in reading:
            self._read_count += 1
            if isinstance(read, LeftOut):
                self._leave_out(str(read))
                continue
            try:
                event = event_of(read)
            except RejectedError as error:
                self._leave_out(str(error))
                continue
            if read.note:
                self._notes[read.note] += 1
                self._first_places.setdefault(read.note, read.place)
            yield event

    def reasons(self) -> list[str]:
        """Return a line for each of the first rows left out, and one for the number of the others."""
        more = self.left_out_count - len(self._reasons)
        return [f"left out: {reason}" for reason in self._reasons] + ([f"and {more:,} more"] if more else [])

    def remarks(self) -> list[str]:
        """Return a line for each kind of remark on rows that were sent."""
        return [
            f"{note}: {count:,}, the first {self._first_places[note]}"
            for note, count in self._notes.most_common()
        ]

    def check(self) -> None:
        """Raise RejectedError when rows were left out."""
        if self.left_out_count:
            rows = f"{self.left_out_count:,} of {self._read_count:,} rows"
            raise RejectedError(Reason.WRONG_SHAPE, f"left out {rows}")

    def _leave_out(self, reason: str) -> None:
        self.left_out_count += 1
        if len(self._reasons) < SHOWN_COUNT:
            self._reasons.append(reason)
