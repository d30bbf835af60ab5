"""Rows of a pipe, read by a thread of their own, so that it is known whether more have arrived."""

import threading
from queue import Queue

from tidemill.reading.found import Found, LeftOut, Reading

AHEAD_COUNT = 500
"""Rows that are read ahead at most."""


class Arrivals:
    """Iterator over the rows of a source that may pause. An error of the source is raised in its place."""

    def __init__(self, reading: Reading) -> None:
        self._arrived: Queue[Found | LeftOut | Exception | None] = Queue(AHEAD_COUNT)
        # As a daemon it doesn't keep the process alive while it waits for the pipe.
        threading.Thread(target=self._read, args=(reading,), daemon=True).start()

    def __iter__(self) -> "Arrivals":
        return self

    def __next__(self) -> Found | LeftOut:
        arrived = self._arrived.get()
        if isinstance(arrived, Exception):
            raise arrived
        if arrived is None:
            raise StopIteration
        return arrived

    def pauses(self) -> bool:
        """Return whether the next row has not arrived yet."""
        return self._arrived.empty()

    def _read(self, reading: Reading) -> None:
        try:
            for read in reading:
                self._arrived.put(read)
        except Exception as error:  # noqa: BLE001 -- raised again by __next__
            self._arrived.put(error)
        else:
            self._arrived.put(None)
