"""TCP proxy with the failures of networks."""

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import StrEnum

CHUNK_BYTES = 16 * 1024
SLOW_BYTES_PER_S = 4 * 1024
CORRUPT_EVERY_BYTES = 512
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Weather(StrEnum):
    """Failure that the proxy imposes on the traffic."""

    FAIR = "fair"
    LATENCY = "latency"
    """Every chunk is delayed by `latency_s`."""

    CUT = "cut"
    """Connections are closed, new ones too."""

    RESET = "reset"
    """Connections are reset by RST, new ones too."""

    HALF_OPEN = "half-open"
    """Connections stay open and carry nothing, as after a pulled cable."""

    SLOW = "slow"
    """A few kilobytes per second."""

    CORRUPT = "corrupt"
    """Single bits of the server's answers are flipped."""


class Proxy:
    """Proxy between clients and one server; the failure may change at any time."""

    def __init__(self, host: str, port: int, *, latency_s: float = 2.0, seed: int = 7) -> None:
        self.port = 0
        self._host, self._port = host, port
        self._latency_s = latency_s
        self._random = random.Random(seed)  # noqa: S311 - which bits are flipped is no secret
        self._weather = Weather.FAIR
        self._changed = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Proxy"]:
        """Listen on a free loopback port, `port`, until the block ends."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.become(Weather.CUT)
            await server.wait_closed()
            await asyncio.gather(*self._serving)

    def become(self, weather: Weather) -> None:
        """Apply this failure to all connections, open ones included."""
        self._weather = weather
        self._changed.set()
        self._changed = asyncio.Event()
        if weather in {Weather.CUT, Weather.RESET}:
            for writer in list(self._writers):
                self._close(writer)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._weather in {Weather.CUT, Weather.RESET}:
                raise ConnectionRefusedError
            there, back = await asyncio.open_connection(self._host, self._port)
        except OSError:
            await self._closed(writer)
            return
        self._writers |= {writer, back}
        ways = [self._carry(reader, back, self._delayed), self._carry(there, writer, self._answered)]
        tasks = [asyncio.create_task(way) for way in ways]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            self._writers -= {writer, back}
            await asyncio.gather(*tasks, self._closed(writer), self._closed(back), return_exceptions=True)

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        weathered: Callable[[bytes], Awaitable[bytes]],
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK_BYTES):
                writer.write(await weathered(data))
                await writer.drain()

    async def _answered(self, data: bytes) -> bytes:
        data = await self._delayed(data)
        return self._corrupted(data) if self._weather is Weather.CORRUPT else data

    async def _delayed(self, data: bytes) -> bytes:
        while self._weather is Weather.HALF_OPEN:
            await self._changed.wait()
        if self._weather is Weather.LATENCY:
            await asyncio.sleep(self._latency_s)
        elif self._weather is Weather.SLOW:
            await asyncio.sleep(len(data) / SLOW_BYTES_PER_S)
        return data

    def _corrupted(self, data: bytes) -> bytes:
        spoilt = bytearray(data)
        for start in range(0, len(spoilt), CORRUPT_EVERY_BYTES):
            place = self._random.randrange(start, min(start + CORRUPT_EVERY_BYTES, len(spoilt)))
            spoilt[place] ^= 1 << self._random.randrange(8)
        return bytes(spoilt)

    def _close(self, writer: asyncio.StreamWriter) -> None:
        if self._weather is Weather.RESET:
            connection = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        writer.close()

    async def _closed(self, writer: asyncio.StreamWriter) -> None:
        self._close(writer)
        with contextlib.suppress(OSError):
            await writer.wait_closed()
