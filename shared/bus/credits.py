"""Credits: bounds on the records and bytes in flight."""

import asyncio


class Credits:
    """Counts records and bytes in flight against two bounds; without credits the stream stops fetching.

    A single chunk may overshoot the byte bound (a fetch is not cut); nothing more is taken then.
    """

    def __init__(self, *, max_records: int, max_bytes: int) -> None:
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._records = 0
        self._bytes = 0
        self._freed = asyncio.Event()

    @property
    def in_flight_records(self) -> int:
        """Return the number of records in flight."""
        return self._records

    @property
    def free_records(self) -> int:
        """Return the number of records that may be fetched now."""
        if self._bytes >= self._max_bytes:
            return 0
        return max(0, self._max_records - self._records)

    def take(self, records: int, size_bytes: int) -> None:
        """Count records that are in flight from now on."""
        self._records += records
        self._bytes += size_bytes

    def give_back(self, records: int, size_bytes: int) -> None:
        """Count records that are no longer in flight, and wake a waiting `wait`."""
        self._records -= records
        self._bytes -= size_bytes
        self._freed.set()

    async def wait(self, timeout_s: float) -> bool:
        """Return True once something may be fetched, False after `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                while self.free_records == 0:
                    self._freed.clear()
                    await self._freed.wait()
        except TimeoutError:
            return False
        return True
