"""Health of a stream while its broker is away, and while only its own clients are at fault."""

import asyncio

from shared.bus.port import ClientBrokenError
from shared.process.health import stream_health
from tests.support.streams import HERE, GatedHandler, WatchedBus, published, running, stream_on, until
from tests.support.virtual_time import run_in_virtual_time

STALL_AFTER_S = 30.0
OUTAGE_S = 600


def test_while_the_broker_is_away_a_stream_is_not_ready_but_no_restart_is_asked_for() -> None:
    async def scenario() -> None:
        bus, handler = WatchedBus(), GatedHandler()
        stream = stream_on(bus, handler)
        health = stream_health(stream, stall_after_s=STALL_AFTER_S)
        async with running(stream):
            await until(stream.running)
            handler.closed = {"in flight"}
            await bus.send("in flight")
            await until(lambda: handler.calls == [["in flight"]])
            bus.away = True
            handler.closed.clear()
            await asyncio.sleep(15.0)
            for _ in range(OUTAGE_S):
                await asyncio.sleep(1.0)
                assert (health.live(), health.ready()) == (None, "not connected to Kafka")
            bus.away = False
            while bus.committed != {HERE: 1}:
                await asyncio.sleep(0.1)
                assert health.live() is None
            await until(lambda: health.ready() is None)

        assert set(published(bus)) == {"in flight"}

    run_in_virtual_time(scenario())


def test_a_broker_that_comes_back_before_clients_are_built_anew_finds_no_standstill() -> None:
    async def scenario() -> None:
        bus, handler = WatchedBus(), GatedHandler()
        handler.closed = {"slow"}
        stream = stream_on(bus, handler)
        await bus.send("slow")
        async with running(stream):
            await until(lambda: handler.calls == [["slow"]])
            bus.away = True
            await asyncio.sleep(STALL_AFTER_S - 5.0)
            bus.away = False
            await until(stream.running)
            assert stream.stalled_s() < 5.0
            handler.closed.clear()

        assert bus.client_count == 1

    run_in_virtual_time(scenario())


def test_a_single_lost_answer_is_no_outage() -> None:
    async def scenario() -> None:
        bus = WatchedBus()
        stream = stream_on(bus, GatedHandler())
        async with running(stream):
            await until(stream.running)
            bus.lost_answers = 1
            for _ in range(200):
                await asyncio.sleep(0.1)
                assert stream.running()

        assert bus.lost_answers == 0

    run_in_virtual_time(scenario())


def test_clients_that_get_no_answer_from_a_broker_that_is_well_are_replaced() -> None:
    async def scenario() -> None:
        bus = WatchedBus()
        bus.deaf = True
        stream = stream_on(bus, GatedHandler())
        async with running(stream):
            await asyncio.sleep(15.0)
            assert not stream.running()
            bus.deaf = False
            await until(stream.running)

        assert bus.client_count == 2

    run_in_virtual_time(scenario())


def test_records_that_hang_in_a_worker_whose_broker_is_well_ask_for_a_restart() -> None:
    async def scenario() -> None:
        bus, handler = WatchedBus(), GatedHandler()
        handler.closed = {"stuck"}
        stream = stream_on(bus, handler)
        health = stream_health(stream, stall_after_s=STALL_AFTER_S)
        async with running(stream):
            await bus.send("stuck")
            await asyncio.sleep(2 * STALL_AFTER_S - 5.0)
            assert (health.live(), health.ready()) == (None, None)
            await asyncio.sleep(10.0)
            assert "none moved" in (health.live() or "")
            handler.closed.clear()

    run_in_virtual_time(scenario())


def test_a_client_that_never_gets_connected_is_given_up_for_another() -> None:
    async def scenario() -> None:
        bus = WatchedBus()
        stream = stream_on(bus, GatedHandler())
        async with running(stream):
            await until(stream.running)
            bus.hanging_connects = 1
            bus.publish_errors.append(ClientBrokenError("gone"))
            await bus.send("a")
            await until(lambda: bus.committed == {HERE: 1})

        assert bus.client_count == 3

    run_in_virtual_time(scenario())


def test_a_stop_does_not_wait_for_a_client_that_gets_connected() -> None:
    async def scenario() -> float:
        bus, stop = WatchedBus(), asyncio.Event()
        bus.hanging_connects = 1
        task = asyncio.create_task(stream_on(bus, GatedHandler()).run(stop))
        await until(lambda: bus.hanging_connects == 0)
        stop.set()
        await task
        return asyncio.get_running_loop().time()

    assert run_in_virtual_time(scenario()) < 5.0
