"""Answers over HTTP are compared with the results on the topics."""

import json
from typing import Any

from shared.events import Event, SupportMessageRouted
from tests.unit.tidemill.events import a_message, a_record, a_route
from tidemill.posting import Posted, differing_count

ROUTE = a_route(a_message())


def answered(route: SupportMessageRouted, **changed: Any) -> Posted:
    return Posted(str(route.message_id), {route.name: {**as_json(route), **changed}})


def as_json(event: Event) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(event.to_json())
    return parsed


def test_an_answer_that_is_on_the_topic_as_it_is_does_not_differ() -> None:
    assert differing_count([answered(ROUTE)], [a_record(ROUTE)]) == 0


def test_an_answer_that_the_topic_has_otherwise_or_not_at_all_differs() -> None:
    other = a_route(a_message())

    assert differing_count([answered(ROUTE, lane="auto?"), answered(other)], [a_record(ROUTE)]) == 2


def test_a_message_without_an_answer_is_lost_and_does_not_differ() -> None:
    unanswered = Posted(str(ROUTE.message_id), {})

    assert not unanswered.is_answered
    assert differing_count([unanswered], [a_record(ROUTE)]) == 0
