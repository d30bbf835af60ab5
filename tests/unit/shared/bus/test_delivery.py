"""From fetch to commit: order kept, each record answered once, bugs never committed."""

import asyncio

import pytest
from structlog.testing import capture_logs

from shared.bus.dead_letters import DeadLetterFloodError, read_dead_letter
from shared.bus.port import Outcome
from shared.bus.record import Outgoing, Record
from shared.errors import RejectedError, RetryableError
from shared.reasons import Reason
from tests.support.said import Said, said
from tests.support.streams import (
    HERE,
    TOPIC,
    GatedHandler,
    Heard,
    WatchedBus,
    echo,
    published,
    running,
    stream_on,
    until,
)
from tests.support.virtual_time import run_in_virtual_time


def refuse(text: str) -> GatedHandler:
    """Return a handler that rejects one record and echoes the others."""

    def answer(event: Said) -> Outcome:
        return RejectedError(Reason.NOT_JSON, "no") if event.text == text else echo(event)

    return GatedHandler(answer)


def test_an_offset_is_committed_only_after_its_results_are_acknowledged() -> None:
    async def scenario() -> None:
        bus = WatchedBus()
        await bus.send("a", "b")
        async with running(stream_on(bus, GatedHandler())):
            await until(lambda: bus.committed == {HERE: 2})

        assert bus.history == ["published a", "published b", "committed 2"]

    run_in_virtual_time(scenario())


def test_a_partition_keeps_its_order_though_a_later_chunk_is_handled_first() -> None:
    async def scenario() -> None:
        bus, handler = WatchedBus(), GatedHandler()
        handler.closed = {"slow"}
        async with running(stream_on(bus, handler)):
            await bus.send("slow")
            await until(lambda: handler.calls == [["slow"]])
            await bus.send("quick")
            await until(lambda: ["quick"] in handler.calls)
            await asyncio.sleep(1.0)
            handler.closed.clear()
            await until(lambda: bus.committed == {HERE: 2})

        assert published(bus) == ["slow", "quick"]

    run_in_virtual_time(scenario())


def test_a_slow_partition_holds_up_no_other() -> None:
    async def scenario() -> None:
        bus, handler = WatchedBus(partitions=2), GatedHandler()
        handler.closed = {"slow"}
        await bus.send("slow", key="a")
        await bus.send("quick", key="d")
        async with running(stream_on(bus, handler)):
            await until(lambda: published(bus) == ["quick"])
            assert list(bus.committed.values()) in ([], [1])
            handler.closed.clear()

        assert sorted(published(bus)) == ["quick", "slow"]

    run_in_virtual_time(scenario())


def test_a_rejected_record_becomes_one_dead_letter_and_its_neighbours_are_published() -> None:
    async def scenario() -> None:
        bus = WatchedBus()
        await bus.send("a", "bad", "b")
        async with running(stream_on(bus, refuse("bad"))):
            await until(lambda: bus.committed == {HERE: 3})

        assert published(bus) == ["a", "b"]
        assert published(bus, "in.dead") == ["bad"]
        dead = next(record for record in bus.published if record.topic == "in.dead")
        letter = read_dead_letter(Record(HERE, 0, dead.key, dead.value, dead.headers, 0))
        assert (letter.original, letter.original_offset, letter.reason) == (HERE, 1, "not_json")
        assert bus.history[-1] == "committed 3"

    run_in_virtual_time(scenario())


@pytest.mark.parametrize("trace", ["1" * 32, ""], ids=["in a trace", "in none"])
def test_a_dead_letter_and_the_line_about_it_name_the_same_trace(trace: str) -> None:
    async def scenario() -> tuple[Outgoing, str]:
        bus = WatchedBus()
        headers = (("traceparent", f"00-{trace}-{'2' * 16}-01".encode()),) if trace else ()
        await bus.memory.append(Outgoing(TOPIC, b"k", b"bad", headers))
        with capture_logs() as logs:
            async with running(stream_on(bus, refuse("bad"))):
                await until(lambda: bus.committed == {HERE: 1})
        [line] = (line for line in logs if line["event"] == "record_dead_lettered")
        [letter] = bus.published
        return letter, line["trace_id"]

    letter, logged = run_in_virtual_time(scenario())

    assert logged == trace
    assert dict(letter.headers).get("tidemill-trace-id", b"") == trace.encode()


def test_what_is_away_for_a_while_is_asked_again_and_nothing_is_lost() -> None:
    async def scenario() -> None:
        bus, handler = WatchedBus(), GatedHandler()
        handler.errors.extend(RetryableError("model away") for _ in range(5))
        bus.publish_errors.extend(RetryableError("broker away") for _ in range(5))
        await bus.send("a", "b")
        async with running(stream_on(bus, handler)):
            await until(lambda: bus.committed == {HERE: 2})

        assert published(bus) == ["a", "b"]
        assert handler.calls == [["a", "b"]] * 6
        assert bus.client_count == 1

    run_in_virtual_time(scenario())


def test_a_bug_in_the_handler_ends_the_stream_and_commits_nothing() -> None:
    async def scenario() -> None:
        bus, handler = WatchedBus(), GatedHandler()
        handler.errors.append(ZeroDivisionError("a bug"))
        await bus.send("a")

        with pytest.raises(ExceptionGroup) as ended:
            await stream_on(bus, handler).run(asyncio.Event())

        assert ended.group_contains(ZeroDivisionError)
        assert bus.history == []

    run_in_virtual_time(scenario())


def test_a_handler_that_forgets_a_record_ends_the_stream_and_commits_nothing() -> None:
    class Forgetful(GatedHandler):
        async def handle(self, records: object) -> list[Outcome]:
            del records
            return []

    async def scenario() -> None:
        bus = WatchedBus()
        await bus.send("a")

        with pytest.raises(ExceptionGroup) as ended:
            await stream_on(bus, Forgetful()).run(asyncio.Event())

        assert ended.group_contains(ValueError)
        assert bus.history == []

    run_in_virtual_time(scenario())


def test_a_flood_of_dead_letters_ends_the_stream_which_goes_on_behind_them_at_its_next_start() -> None:
    async def scenario() -> None:
        bus = WatchedBus()
        handler = GatedHandler(lambda _: RejectedError(Reason.NOT_JSON, "no"))
        await bus.send(*map(str, range(1000)))

        ends: list[int] = []
        for _ in range(2):
            with pytest.raises(ExceptionGroup) as ended:
                await stream_on(bus, handler).run(asyncio.Event())
            assert ended.group_contains(DeadLetterFloodError)
            ends.append(bus.committed[HERE])

        assert 0 < ends[0] < ends[1]
        assert published(bus, "in.dead") == [str(number) for number in range(ends[1])]

    run_in_virtual_time(scenario())


def test_a_commit_that_fails_is_made_up_for_by_the_next() -> None:
    async def scenario() -> None:
        bus = WatchedBus()
        bus.commit_errors.append(RetryableError("coordinator away"))
        await bus.send("a")
        async with running(stream_on(bus, GatedHandler())):
            await until(lambda: bus.committed == {HERE: 1})

        assert bus.history == ["published a", "committed 1"]

    run_in_virtual_time(scenario())


def test_a_record_may_have_many_results_or_none() -> None:
    async def scenario() -> None:
        bus = WatchedBus()
        handler = GatedHandler(lambda event: [said("x", on=Heard)] * int(event.text))
        await bus.send("0", "3", "0")
        async with running(stream_on(bus, handler)):
            await until(lambda: bus.committed == {HERE: 3})

        assert published(bus) == ["x", "x", "x"]

    run_in_virtual_time(scenario())
