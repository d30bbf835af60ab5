"""The proxy fails as told: each weather is seen by a client of an echo server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from deploy.local.proxy import Proxy, Weather

SOON_S = 0.2


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(1024):
            writer.write(data)
    writer.close()


class Client:
    """One connection through the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def ask(self, text: bytes = b"hello") -> bytes:
        """Return what comes back."""
        self._writer.write(text)
        return await self._reader.read(1024)

    async def has_ended(self) -> bool:
        """Return whether no answer comes: TCP may say so in either way, when there was something unread."""
        try:
            return await self.ask() == b""
        except ConnectionError:
            return True

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


@asynccontextmanager
async def through_proxy() -> AsyncIterator[tuple[Proxy, Client]]:
    """Yield a proxy before an echo server, and a client that has had one answer."""
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with (
        server,
        Proxy("127.0.0.1", server.sockets[0].getsockname()[1], latency_s=0.3).running() as proxy,
    ):
        client = Client(*await asyncio.open_connection("127.0.0.1", proxy.port))
        assert await client.ask() == b"hello"
        yield proxy, client
        await client.close()


async def test_a_cut_connection_ends_and_new_ones_do_too_until_the_weather_is_fair() -> None:
    async with through_proxy() as (proxy, client):
        proxy.become(Weather.CUT)
        assert await client.has_ended()
        other = Client(*await asyncio.open_connection("127.0.0.1", proxy.port))
        assert await other.has_ended()
        proxy.become(Weather.FAIR)
        another = Client(*await asyncio.open_connection("127.0.0.1", proxy.port))
        assert await another.ask() == b"hello"
        await another.close()
        await other.close()


async def test_a_reset_connection_breaks() -> None:
    async with through_proxy() as (proxy, client):
        proxy.become(Weather.RESET)
        with pytest.raises(ConnectionError):
            await client.ask()


async def test_half_open_holds_everything_back_and_then_lets_it_through() -> None:
    async with through_proxy() as (proxy, client):
        proxy.become(Weather.HALF_OPEN)
        asking = asyncio.create_task(client.ask())
        await asyncio.wait([asking], timeout=SOON_S)
        assert not asking.done()
        proxy.become(Weather.FAIR)
        assert await asking == b"hello"


@pytest.mark.parametrize("weather", [Weather.LATENCY, Weather.SLOW])
async def test_late_answers_are_whole(weather: Weather) -> None:
    async with through_proxy() as (proxy, client):
        proxy.become(weather)
        asking = asyncio.create_task(client.ask(bytes(1000)))
        await asyncio.wait([asking], timeout=SOON_S)
        assert not asking.done()
        assert await asking == bytes(1000)


async def test_corrupt_answers_have_as_many_bytes_and_other_ones() -> None:
    async with through_proxy() as (proxy, client):
        proxy.become(Weather.CORRUPT)
        answer = await client.ask(bytes(1000))
        assert len(answer) == 1000
        assert any(answer)
