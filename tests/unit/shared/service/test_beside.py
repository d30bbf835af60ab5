"""Work beside a stream ends with it, work before it ends when the service does; both say what failed."""

import asyncio

import pytest

from shared.service.beside import beside, finished


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


async def test_work_that_is_done_is_finished() -> None:
    assert await finished(asyncio.sleep(0), asyncio.Event())


async def test_a_stop_ends_work_that_waits() -> None:
    stop, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        stop.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    assert not await finished(work(), stop)
    assert ended.is_set()


async def test_what_work_raises_is_raised() -> None:
    async def work() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await finished(work(), asyncio.Event())
