"""Answers: which record answers which input, and when an input is done."""

import json
from uuid import UUID

import pytest

from services.gateway.results.answers import Answer, Refusal, Result, Status, cause_of, parsed, refusal_of
from shared.bus.dead_letters import dead_letter
from shared.bus.record import Outgoing, Partition, Record
from shared.catalogue import CAUSE_FIELDS, LAST_RESULTS
from shared.errors import RejectedError
from shared.events import CustomerMessageAnalyzed, CustomerMessageReceived, Event
from shared.reasons import Reason
from tests.support.events import message

INPUT = UUID(int=1)


def a_record(topic: str, value: bytes | None, headers: tuple[tuple[str, bytes], ...] = ()) -> Record:
    return Record(Partition(topic, 0), 5, b"k", value, headers, 0)


def as_read(letter: Outgoing) -> Record:
    return Record(Partition(letter.topic, 0), 0, letter.key, letter.value, letter.headers, 0)


def buried(record: Record) -> Record:
    refusal = RejectedError(Reason.EMPTY_TEXT, "text: empty")
    return as_read(dead_letter(record, refusal, group="g"))


@pytest.mark.parametrize(("event", "field"), CAUSE_FIELDS.items(), ids=str)
def test_each_result_names_the_input_that_it_answers(event: type[Event], field: str) -> None:
    assert cause_of(event.name, {field: str(INPUT)}) == INPUT


@pytest.mark.parametrize("body", [{}, {"cause_id": None}, {"cause_id": 7}, {"cause_id": "x"}])
def test_what_names_no_input_answers_none(body: dict[str, object]) -> None:
    assert cause_of(CustomerMessageAnalyzed.name, body) is None


@pytest.mark.parametrize("value", [None, b"", b"[1]", b"{", b"\xff"])
def test_a_record_without_a_json_object_has_no_fields(value: bytes | None) -> None:
    assert parsed(value) == {}


def test_a_dead_letter_refuses_the_input_in_it() -> None:
    record = a_record(CustomerMessageReceived.name, message(1).to_json())

    assert refusal_of(buried(record)) == (INPUT, Refusal("empty_text", "text: empty"))


def test_a_dead_letter_of_something_unreadable_is_known_by_its_header() -> None:
    record = a_record(CustomerMessageReceived.name, b"{", (("ce_id", str(INPUT).encode()),))

    assert refusal_of(buried(record)) == (INPUT, Refusal("empty_text", "text: empty"))


def test_a_dead_letter_of_a_result_refuses_the_input_that_caused_it() -> None:
    value = json.dumps({"event_id": str(UUID(int=9)), "cause_id": str(INPUT)}).encode()
    record = a_record(CustomerMessageAnalyzed.name, value)

    assert refusal_of(buried(record)) == (INPUT, Refusal("empty_text", "text: empty"))


def test_a_record_of_somebody_else_among_dead_letters_is_ignored() -> None:
    assert refusal_of(a_record("customer.message_received.v1.dead", b"{}")) is None


@pytest.mark.parametrize("event", CAUSE_FIELDS, ids=lambda event: event.name)
def test_an_input_is_done_with_its_last_result_only(event: type[Event]) -> None:
    answer = Answer().plus(Result(event.name, b"{}"))

    assert answer.status is (Status.DONE if event in LAST_RESULTS else Status.PENDING)


def test_an_answer_comes_back_from_the_cache_as_it_was() -> None:
    answer = Answer().plus(Result("a.v1", '{"ü": 1}'.encode())).plus(Refusal("empty_text", "text: empty"))

    assert Answer.from_json(answer.to_json()) == answer
