"""Work beside a stream ends with it, and says what failed."""

import asyncio

import pytest

from shared.process.beside import beside


async def test_it_ends_with_the_body() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with beside(work(), asyncio.Event()):
        await asyncio.sleep(0)
        assert not ended.is_set()

    assert ended.is_set()


async def test_its_failure_stops_the_body_and_is_told() -> None:
    stop = asyncio.Event()

    async def work() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async with beside(work(), stop):
            await stop.wait()
