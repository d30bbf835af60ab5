"""Clients that stall or break, brokers that go away: the stream goes on."""

import asyncio

import pytest

from shared.bus.limits import StreamLimits
from shared.bus.port import ClientBrokenError
from shared.errors import RetryableError
from tests.support.streams import (
    HERE,
    GatedHandler,
    WatchedBus,
    published,
    running,
    stream_on,
    until,
)
from tests.support.virtual_time import run_in_virtual_time


def test_a_consumer_that_stalls_is_replaced() -> None:
    async def scenario() -> None:
        bus = WatchedBus()
        bus.silent = True
        async with running(stream_on(bus, GatedHandler())):
            await until(lambda: bus.client_count == 1)
            bus.silent = False
            await bus.send("a")
            await until(lambda: bus.committed == {HERE: 1})

        assert bus.client_count == 2
        assert bus.history == ["published a", "committed 1"]

    run_in_virtual_time(scenario())


def test_quiet_minutes_are_no_stall() -> None:
    async def scenario() -> None:
        bus = WatchedBus()
        limits = StreamLimits(commit_interval_s=0.01, fetch_timeout_ms=1)
        bus.fetch_delay_s = 17.0
        stream = stream_on(bus, GatedHandler(), limits)
        async with running(stream):
            await asyncio.sleep(600.0)
            await bus.send("a")
            stalls_s = []
            while bus.committed != {HERE: 1}:
                await asyncio.sleep(0.1)
                stalls_s.append(stream.stalled_s())

        assert bus.client_count == 1
        assert max(stalls_s) < 25.0

    run_in_virtual_time(scenario())


def test_a_stall_is_visible_from_outside() -> None:
    async def scenario() -> None:
        bus, handler = WatchedBus(), GatedHandler()
        stream = stream_on(bus, handler)
        assert not stream.running()
        handler.closed = {"stuck"}
        async with running(stream):
            await bus.send("stuck")
            await asyncio.sleep(20.0)
            assert stream.running()
            assert 15.0 < stream.stalled_s() <= 20.0
            handler.closed.clear()
            await until(lambda: bus.committed == {HERE: 1})
            assert stream.stalled_s() == 0.0

    run_in_virtual_time(scenario())


def test_a_broken_producer_is_replaced_and_what_was_not_committed_is_replayed() -> None:
    async def scenario() -> None:
        bus, handler = WatchedBus(), GatedHandler()
        bus.publish_errors.append(ClientBrokenError("out of order"))
        await bus.send("a", "b")
        async with running(stream_on(bus, handler)):
            await until(lambda: bus.committed == {HERE: 2})

        assert bus.client_count == 2
        assert handler.calls == [["a", "b"], ["a", "b"]]
        assert published(bus) == ["a", "b"]

    run_in_virtual_time(scenario())


def test_a_stream_waits_for_a_broker_that_went_away_however_long() -> None:
    async def scenario() -> None:
        bus = WatchedBus()
        stream = stream_on(bus, GatedHandler())
        async with running(stream):
            await until(stream.running)
            bus.publish_errors.append(ClientBrokenError("gone"))
            bus.connect_errors.extend(RetryableError("refused") for _ in range(200))
            await bus.send("a")
            await until(lambda: bus.committed == {HERE: 1})

        assert bus.history == ["published a", "committed 1"]

    run_in_virtual_time(scenario())


def test_a_broker_that_is_away_at_the_very_start_is_reported() -> None:
    async def scenario() -> None:
        bus = WatchedBus()
        bus.connect_errors.append(RetryableError("refused"))

        with pytest.raises(RetryableError, match="refused"):
            await stream_on(bus, GatedHandler()).run(asyncio.Event())

    run_in_virtual_time(scenario())


def test_a_stop_while_the_broker_is_away_ends_the_stream() -> None:
    async def scenario() -> None:
        bus, stop = WatchedBus(), asyncio.Event()
        stream = stream_on(bus, GatedHandler())
        task = asyncio.create_task(stream.run(stop))
        await until(stream.running)
        bus.publish_errors.append(ClientBrokenError("gone"))
        bus.connect_errors.extend(RetryableError("refused") for _ in range(1000))
        await bus.send("a")
        await asyncio.sleep(30.0)
        stop.set()
        await asyncio.wait_for(task, timeout=2.0)

        assert bus.history == []

    run_in_virtual_time(scenario())
