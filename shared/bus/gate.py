"""Gate: many tasks pass at a time, or one alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Gate:
    """Lets tasks pass together. A task that asks to be alone waits for those inside; others wait for it."""

    def __init__(self) -> None:
        self._inside_count = 0
        self._open = asyncio.Event()
        self._open.set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """Enter beside others."""
        while not self._open.is_set():  # again, as the next one may have closed it meanwhile
            await self._open.wait()
        self._inside_count += 1
        self._empty.clear()
        try:
            yield
        finally:
            self._inside_count -= 1
            if not self._inside_count:
                self._empty.set()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Enter when everyone has left; nobody else enters meanwhile."""
        async with self._turn:
            self._open.clear()
            try:
                await self._empty.wait()
                yield
            finally:
                self._open.set()
