"""Stops, rebalances and full hands: what is in flight is finished first, or left to the next owner."""

import asyncio

from shared.bus.limits import StreamLimits
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

ONE_BY_ONE = StreamLimits(commit_interval_s=0.01, max_in_flight_records=1)


def test_a_stop_waits_for_what_is_in_flight_and_commits_it() -> None:
    async def scenario() -> None:
        bus, handler, stop = WatchedBus(), GatedHandler(), asyncio.Event()
        handler.closed = {"a"}
        await bus.send("a")
        task = asyncio.create_task(stream_on(bus, handler).run(stop))
        await until(lambda: handler.calls == [["a"]])
        stop.set()
        await asyncio.sleep(5.0)
        await bus.send("too late")
        handler.closed.clear()
        await task

        assert bus.history == ["published a", "committed 1"]

    run_in_virtual_time(scenario())


def test_a_stop_gives_up_on_what_takes_too_long_and_leaves_it_to_the_next_run() -> None:
    async def scenario() -> None:
        bus, handler, stop = WatchedBus(), GatedHandler(), asyncio.Event()
        handler.closed = {"stuck"}
        loop = asyncio.get_running_loop()
        await bus.send("a")
        task = asyncio.create_task(stream_on(bus, handler).run(stop))
        await until(lambda: bus.committed == {HERE: 1})
        await bus.send("stuck")
        await until(lambda: ["stuck"] in handler.calls)
        began_s = loop.time()
        stop.set()
        await task

        assert loop.time() - began_s < 10.0
        assert bus.history == ["published a", "committed 1"]
        handler.closed.clear()
        async with running(stream_on(bus, handler)):
            await until(lambda: bus.committed == {HERE: 2})
        assert published(bus) == ["a", "stuck"]

    run_in_virtual_time(scenario())


def test_a_stop_does_not_wait_for_a_fetch() -> None:
    async def scenario() -> float:
        bus, stop = WatchedBus(), asyncio.Event()
        limits = StreamLimits(fetch_timeout_ms=60_000)
        task = asyncio.create_task(stream_on(bus, GatedHandler(), limits).run(stop))
        await until(lambda: bus.client_count == 1)
        stop.set()
        await task
        return asyncio.get_running_loop().time()

    assert run_in_virtual_time(scenario()) < 1.0


def test_partitions_are_given_away_only_when_their_records_are_finished_and_committed() -> None:
    async def scenario() -> None:
        bus, first, second = WatchedBus(partitions=4), GatedHandler(), GatedHandler()
        first.closed = {"slow"}
        await bus.send("slow")
        async with running(stream_on(bus, first)):
            await until(lambda: first.calls == [["slow"]])
            async with running(stream_on(bus, second)):
                await bus.send("next")
                await asyncio.sleep(1.0)
                assert second.calls == []
                first.closed.clear()
                await until(lambda: sum(bus.committed.values()) == 2)

        assert published(bus) == ["slow", "next"]
        assert first.calls + second.calls == [["slow"], ["next"]]

    run_in_virtual_time(scenario())


def test_a_record_too_slow_for_a_rebalance_is_published_by_its_next_owner_only() -> None:
    async def scenario() -> None:
        bus, first, second = WatchedBus(), GatedHandler(), GatedHandler()
        first.closed = {"slow"}
        await bus.send("slow")
        async with running(stream_on(bus, first)):
            await until(lambda: first.calls == [["slow"]])
            async with running(stream_on(bus, second)):
                await until(lambda: len(first.calls + second.calls) == 2)
                first.closed.clear()
                await until(lambda: bus.committed == {HERE: 1})

        assert published(bus) == ["slow"]

    run_in_virtual_time(scenario())


def test_no_more_is_in_flight_than_allowed() -> None:
    async def scenario() -> None:
        bus, handler = WatchedBus(), GatedHandler()
        texts = list(map(str, range(20)))
        handler.closed = set(texts)
        limits = StreamLimits(commit_interval_s=0.01, max_in_flight_records=3)
        await bus.send(*texts)
        async with running(stream_on(bus, handler, limits)):
            await asyncio.sleep(30.0)
            assert handler.calls == [["0", "1", "2"]]
            handler.closed.clear()
            await until(lambda: bus.committed == {HERE: 20})

        assert published(bus) == texts

    run_in_virtual_time(scenario())


def test_a_partition_that_arrives_while_nothing_may_be_fetched_loses_no_record() -> None:
    async def scenario() -> None:
        bus, handler = WatchedBus(partitions=2), GatedHandler()
        handler.closed = {"slow"}
        await bus.send("slow", key="a")
        async with running(stream_on(bus, handler, ONE_BY_ONE)):
            await until(lambda: handler.calls == [["slow"]])
            # Without a pause this is what a partition looks like that a rebalance brought just now.
            bus.pausing = False
            await bus.send("new", key="d")
            await asyncio.sleep(3.0)
            handler.closed.clear()
            await bus.send("last", key="d")
            await until(lambda: sum(bus.committed.values()) == 3)

        assert sorted(published(bus)) == ["last", "new", "slow"]

    run_in_virtual_time(scenario())
