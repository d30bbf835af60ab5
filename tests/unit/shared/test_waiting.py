"""Work that a stop may cut short ends with the stop, and says what failed."""

import asyncio

import pytest

from shared.waiting import finished


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
