"""Support, Dead letters and Corrections: what is listed in which order, and what a form becomes."""

from typing import Any
from uuid import uuid4

import pytest
from starlette.datastructures import FormData, QueryParams

from services.dashboard.routes.corrections import wish_of
from services.dashboard.routes.dead_letters import chosen, replay_wish
from services.dashboard.state.results import Results
from services.dashboard.views import support
from services.dashboard.views.doubt import choices, common_labels, doubt_at, doubts
from services.dashboard.views.page import Ask
from shared.bus.record import Partition, Place, Record
from shared.events import Event, Lane, SupportMessageCorrected
from shared.events.codec import encode
from shared.events.headers import new_trace
from shared.keys.scope import Scope
from tests.support.dashboard import KnownKeys, dashboard
from tests.support.results import a_routed_message, an_analyzed_image, an_analyzed_story, said


def record_of(event: Event, offset: int = 0) -> Record:
    topic, key, value, headers = encode(event, source="/test", trace=new_trace())
    return Record(Partition(topic, 0), offset, key, value, headers, 1_000 * offset)


def results_of(*events: Event) -> Results:
    results = Results()
    for offset, event in enumerate(events):
        results.note(record_of(event, offset))
    return results


def corrected(result: Event) -> SupportMessageCorrected:
    """Return a correction of a message."""
    return SupportMessageCorrected(
        event_id=uuid4(),
        occurred_at=result.occurred_at,
        cause_id=result.event_id,
        message_id=uuid4(),
        conversation_id="c-1",
        text="Help",
        intent="age_limit",
    )


def test_the_most_doubtful_comes_first_and_what_the_bot_has_answered_last() -> None:
    sure = a_routed_message(intent=said("a", margin=0.9), out_of_scope=0.1)
    unsure = a_routed_message(intent=said("a", margin=0.05), out_of_scope=0.1)
    foreign = a_routed_message(intent=said("a", margin=0.9), out_of_scope=0.98)
    answered = a_routed_message(intent=said("a", margin=0.01), lane=Lane.AUTO)
    story = an_analyzed_story(margin=0.5)

    found = doubts(results_of(sure, unsure, foreign, answered, story), None)

    assert [each.event for each in found] == [foreign, unsure, story, sure, answered]


def test_what_is_corrected_leaves_the_list_and_is_still_found_by_its_place() -> None:
    one, other = a_routed_message(), a_routed_message()
    results = results_of(one, other, corrected(one))

    assert [each.event for each in doubts(results, "messages")] == [other]
    found = doubt_at(results, Place(Partition(one.name, 0), 0))
    assert found is not None
    assert found.event == one


def test_a_kind_lists_nothing_else() -> None:
    results = results_of(a_routed_message(), an_analyzed_story(), an_analyzed_image())

    assert [each.kind for each in doubts(results, "images")] == ["images"]
    assert len(doubts(results, None)) == 3


def test_the_best_two_and_the_common_labels_can_be_chosen_each_once() -> None:
    messages = [a_routed_message(intent=said(label, "b", margin=0.5)) for label in ("c", "c", "d", "a")]
    doubtful = a_routed_message(intent=said("a", "b", margin=0.0))
    results = results_of(*messages, doubtful)

    [first, *_] = doubts(results, "messages")

    assert choices(first, common_labels(results)) == ("a", "b", "c", "d", "out_of_scope")


def test_a_review_is_asked_for_its_sentiment() -> None:
    [review] = doubts(results_of(a_routed_message(sentiment=said("negative", "positive"))), None)

    assert (review.field, review.model) == ("sentiment", "review_sentiment")


def test_queues_are_counted_by_lane_and_filters_select_messages() -> None:
    results = results_of(a_routed_message(), a_routed_message(lane=Lane.DRAFT), a_routed_message())
    messages = results.messages.entries()

    [queue] = support.queues(messages)

    assert (queue.name, queue.lanes, queue.total) == ("triage", (0, 1, 2), 3)
    assert len(support.selected(messages, Ask((("lane", "draft"),)))) == 1
    assert support.selected(messages, Ask((("label", "no_such"),))) == []


def test_a_message_is_dropped_once_there_are_too_many() -> None:
    events = [a_routed_message(str(number)) for number in range(2_005)]

    kept = results_of(*events).messages.entries()

    assert (kept[0].event, kept[-1].event, len(kept)) == (events[-1], events[5], 2_000)


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ({"right": "intent=age_limit"}, {"intent": "age_limit"}),
        ({"right": "intent=a=b"}, {"intent": "a=b"}),
        ({"lane": "human", "queue": " cards ", "intent": ""}, {"lane": "human", "queue": "cards"}),
        (
            {"right": "intent=a", "corrected_by": "Ada", "note": "x"},
            {"intent": "a", "corrected_by": "Ada", "note": "x"},
        ),
    ],
)
def test_a_form_becomes_a_correction(fields: dict[str, str], body: dict[str, Any]) -> None:
    place = {"kind": "messages", "topic": "t", "partition": "1", "offset": "7"}

    wish = wish_of(FormData({**place, **fields}))

    assert wish == {"result": {"topic": "t", "partition": 1, "offset": 7}, **body}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"kind": "messages", "right": "intent=a", "partition": "x", "offset": "1"},
        {"kind": "messages", "partition": "1", "offset": "1"},
        {"kind": "nonsense", "label": "a", "partition": "1", "offset": "1"},
        {"kind": "nonsense", "right": "intent=a", "partition": "1", "offset": "1"},
    ],
)
def test_a_form_without_an_answer_or_a_result_becomes_none(fields: dict[str, str]) -> None:
    assert wish_of(FormData(fields)) is None


def test_chosen_letters_and_headers_become_a_replay() -> None:
    form = FormData(
        [
            ("place", "t.dead/1/7"),
            ("place", "../etc"),
            ("leave", "traceparent"),
            ("leave_more", "x-debug, , x-tenant"),
            ("reason", "not_json"),
        ]
    )

    assert replay_wish(form) == {
        "places": [{"topic": "t.dead", "partition": 1, "offset": 7}],
        "leave_out_headers": ["traceparent", "x-debug", "x-tenant"],
        "again": False,
    }


def test_all_that_a_filter_fits_becomes_a_replay_that_never_repeats_itself() -> None:
    form = FormData([("scope", "all"), ("again", "yes"), ("reason", "not_json"), ("after", "1.0.0.t")])

    assert replay_wish(form) == {"filter": {"reason": "not_json"}, "leave_out_headers": [], "again": False}


def test_times_of_a_form_are_utc() -> None:
    query = QueryParams("since=2026-03-04T12:00&until=2026-03-04T12:00:30&text=&other=x")

    assert chosen(query) == {"since": "2026-03-04T12:00:00Z", "until": "2026-03-04T12:00:30Z"}


async def test_a_customers_text_is_hidden_from_keys_without_the_scope_on_every_page() -> None:
    keys = KnownKeys(lead=frozenset({Scope.RESULTS_ALL, Scope.CORRECTIONS_WRITE}))
    secret = uuid4().hex
    async with dashboard(keys) as shown:
        shown.state.note(record_of(a_routed_message().model_copy(update={"text": secret})))
        await shown.client.post("/login", data={"key": "lead"})

        pages = [
            (await shown.client.get(path)).text
            for path in ("/support", "/conversation?id=c-1", "/corrections/list")
        ]

    assert all("card arrival" in page and secret not in page for page in pages)


@pytest.mark.parametrize("path", ["/corrections", "/dead/replay"])
async def test_a_change_without_the_token_of_a_page_is_refused(path: str) -> None:
    async with dashboard() as shown:
        answer = await shown.client.post(path, data={"right": "intent=a"})

    assert answer.status_code == 403
