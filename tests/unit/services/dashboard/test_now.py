"""Now: figures of the streams, decisions with their reasons, and texts only for those who may read them."""

import pytest

from services.dashboard.state.state import State
from services.dashboard.views import now
from services.dashboard.views.page import Ask
from shared.bus.record import Partition, Record
from shared.events import Event
from tests.support.dashboard import Clock, dashboard
from tests.unit.tidemill.events import a_message, a_record, a_route, a_story

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(1)">\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe'


def at(event: Event, clock: Clock, *, after_ms: int = 0) -> Record:
    """Return the record of an event that arrives at the clock's time."""
    record = a_record(event)
    now_ms = int(clock().timestamp() * 1000) + after_ms
    return Record(record.partition, record.offset, record.key, record.value, record.headers, now_ms)


@pytest.fixture
def clock() -> Clock:
    """Return the time of the state."""
    return Clock()


@pytest.fixture
def state(clock: Clock) -> State:
    """Return an empty state."""
    return State(clock)


def test_inputs_results_and_their_latency_are_counted(state: State, clock: Clock) -> None:
    message = a_message()
    state.note(at(message, clock))
    clock.pass_by(milliseconds=120)
    state.note(at(a_route(message), clock))
    state.note(at(a_message(), clock))

    messages = now.figures(state.flow.streams["messages"], state)

    assert (messages.inputs, messages.done, messages.waiting, messages.dead) == (2, 1, 1, 0)
    assert messages.p99_ms == 120


def test_a_dead_letter_ends_the_waiting(state: State, clock: Clock) -> None:
    message = at(a_message(), clock)
    state.note(message)

    state.note(
        Record(
            Partition(f"{message.partition.topic}.dead", 0),
            0,
            message.key,
            message.value,
            message.headers,
            message.timestamp_ms,
        )
    )

    messages = now.figures(state.flow.streams["messages"], state)
    assert (messages.waiting, messages.dead) == (0, 1)


def test_figures_are_those_of_the_last_five_minutes(state: State, clock: Clock) -> None:
    state.note(at(a_message(), clock))

    clock.pass_by(minutes=5, seconds=5)

    assert now.figures(state.flow.streams["messages"], state).inputs == 0


def test_a_record_from_the_future_counts_now(state: State, clock: Clock) -> None:
    state.note(at(a_message(), clock, after_ms=86_400_000))

    assert now.figures(state.flow.streams["messages"], state).inputs == 1


def test_decisions_come_newest_first_with_their_reason(state: State, clock: Clock) -> None:
    state.note(at(a_route(a_message("first")), clock))
    clock.pass_by(seconds=1)
    state.note(at(a_story("Pryce"), clock))

    shown = now.values(state, Ask())["decisions"]

    assert [each.stream for each in shown] == ["news", "messages"]
    assert shown[1].reason == "Someone must look."


def test_a_filter_shows_one_stream(state: State, clock: Clock) -> None:
    state.note(at(a_route(a_message()), clock))
    state.note(at(a_story("Pryce"), clock))

    shown = now.values(state, Ask((("stream", "news"),)))["decisions"]

    assert [each.stream for each in shown] == ["news"]


def test_a_record_that_is_no_event_is_left_out(state: State, clock: Clock) -> None:
    broken = at(a_route(a_message()), clock)
    state.note(Record(broken.partition, 1, broken.key, b"{", broken.headers, broken.timestamp_ms))

    assert now.values(state, Ask())["decisions"] == []


def test_texts_are_hidden_without_the_scope(state: State, clock: Clock) -> None:
    state.note(at(a_route(a_message("my card number is ...")), clock))
    state.note(at(a_story("Pryce"), clock))

    shown = now.values(state, Ask(scopes=frozenset()))["decisions"]

    assert {each.subject for each in shown} == {None}


async def test_a_hostile_message_is_text_on_the_page() -> None:
    async with dashboard() as it:
        it.state.note(at(a_route(a_message(HOSTILE)), it.clock))

        page = (await it.client.get("/now")).text

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert "<img" not in page


async def test_a_stream_of_a_page_begins_with_the_content_and_ends_at_the_stop() -> None:
    async with dashboard() as it:
        it.state.note(at(a_route(a_message("hello there")), it.clock))
        with it.site.hub.viewing(now.PAGE, Ask()) as frames:
            first = await anext(frames)

    assert b'hx-target="#live_decisions"' in first
    assert b"hello there" in first


async def test_a_filter_in_an_address_can_not_break_out_of_the_page() -> None:
    async with dashboard() as it:
        page = (await it.client.get("/now", params={"stream": '"><script>alert(1)</script>'})).text

    assert "<script>alert" not in page


async def test_each_page_says_at_once_that_kafka_is_away() -> None:
    async with dashboard() as it:
        it.state.kafka_left(it.clock())
        for path in ("now", "health", "models", "settings"):
            page = next(page for page in it.pages if page.path == path)
            with it.site.hub.viewing(page, Ask()) as frames:
                assert b"Kafka is away since" in await anext(frames)


def test_all_streams_are_summed_up_in_a_sentence(state: State, clock: Clock) -> None:
    message = a_message()
    state.note(at(message, clock))
    state.note(at(a_route(message), clock))
    state.note(at(a_message(), clock))

    assert now.values(state, Ask())["sentence"] == (
        "In the last five minutes 2 inputs came in and 1 were decided; 1 wait now, and 0 became dead letters."
    )


def test_quiet_streams_say_so(state: State) -> None:
    assert now.values(state, Ask())["sentence"] == "Nothing came in during the last five minutes."
