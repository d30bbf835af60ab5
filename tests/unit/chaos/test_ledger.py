"""The checker itself: each planted fault is found, and nothing else is."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import UUID, uuid5

import pytest

from shared.bus.dead_letters import DeadLetter
from shared.bus.record import Partition, Record
from tests.chaos.ledger import Audit, Books, Told, Wanted, audit

HERE, THERE = Partition("in", 0), Partition("in", 1)
NAMESPACE = UUID("5b1e8a44-3c57-4a0e-9a54-6f4f2f4f8c11")


def an_input(number: int, *, text: str = "") -> Record:
    """Return an input of one of two keys, each in a partition of its own."""
    value = text or f"text {number}"
    place = THERE if number % 2 else HERE
    return Record(place, number // 2, f"key {number % 2}".encode(), value.encode(), (), 0)


def cause(record: Record) -> UUID:
    return uuid5(NAMESPACE, f"{record.partition} {record.value!r}")


def recompute(record: Record) -> Wanted | None:
    """Answer each text with its capitals, version 2 the other way round; nothing can come of `bad`."""
    text = (record.value or b"").decode()
    answers = {"1": text.upper(), "2": text.upper()[::-1]}
    return None if text == "bad" else Wanted(cause=cause(record), answers=answers)


def trace(record: Record) -> str:
    return f"trace {record.partition.number} {record.offset}"


def a_result(record: Record) -> Told:
    answer = (record.value or b"").decode().upper()
    return Told(
        cause=cause(record), key=record.key, answer=answer, version="1", trace_id=trace(record), at_ms=0
    )


def a_letter(record: Record) -> DeadLetter:
    return DeadLetter(
        original=record.partition,
        original_offset=record.offset,
        reason="not_json",
        message="",
        key=record.key,
        value=record.value,
        value_left_out=False,
        headers=(),
    )


INPUTS = [*(an_input(number) for number in range(9)), an_input(9, text="bad")]
CLEAN = Books(
    inputs=INPUTS,
    results=[a_result(record) for record in INPUTS[:9]],
    dead=[a_letter(INPUTS[9])],
    committed={HERE: 5, THERE: 5},
)


def found(books: Books) -> Audit:
    return audit(books, recompute, trace)


def without(results: Sequence[Told], place: int) -> list[Told]:
    return [*results[:place], *results[place + 1 :]]


def test_clean_books_have_no_fault() -> None:
    assert found(CLEAN).faults() == []
    assert found(CLEAN).message_count == 10


PLANTED: dict[str, tuple[Callable[[Books], Books], list[str]]] = {
    "a loss": (
        lambda books: replace(books, results=without(books.results, 4)),
        ["1 lost", "1 committed though unfinished"],
    ),
    "a loss of what was refused": (
        lambda books: replace(books, dead=[]),
        ["1 lost", "1 committed though unfinished"],
    ),
    "a repeat": (
        lambda books: replace(books, results=[*books.results, books.results[0]]),
        ["1 repeated beyond what is allowed"],
    ),
    "a repeated dead letter": (
        lambda books: replace(books, dead=[*books.dead, *books.dead]),
        ["1 repeated beyond what is allowed"],
    ),
    "a swap": (
        lambda books: replace(
            books, results=[books.results[2], *books.results[1:2], books.results[0], *books.results[3:]]
        ),
        ["1 out of order"],
    ),
    "a wrong result": (
        lambda books: replace(books, results=[replace(books.results[0], answer="X"), *books.results[1:]]),
        ["1 wrong"],
    ),
    "an answer in the name of another version": (
        lambda books: replace(books, results=[replace(books.results[0], version="2"), *books.results[1:]]),
        ["1 wrong"],
    ),
    "an answer in the name of a version that never was": (
        lambda books: replace(books, results=[replace(books.results[0], version="3"), *books.results[1:]]),
        ["1 wrong"],
    ),
    "a result of nothing": (
        lambda books: replace(books, results=[*books.results, replace(books.results[0], cause=NAMESPACE)]),
        ["1 wrong", "1 repeated beyond what is allowed"],
    ),
    "a healthy message among the dead letters": (
        lambda books: replace(
            books, results=without(books.results, 0), dead=[*books.dead, a_letter(books.inputs[0])]
        ),
        ["1 healthy in the dead letters"],
    ),
    "both answered and dead": (
        lambda books: replace(books, dead=[*books.dead, a_letter(books.inputs[0])]),
        ["1 healthy in the dead letters", "1 both answered and dead"],
    ),
    "a trace torn off": (
        lambda books: replace(books, results=[replace(books.results[0], trace_id="no"), *books.results[1:]]),
        ["1 without their trace"],
    ),
    "lag": (lambda books: replace(books, committed={HERE: 5, THERE: 3}), ["2 not committed"]),
}


@pytest.mark.parametrize("what", PLANTED)
def test_what_was_planted_is_found(what: str) -> None:
    plant, faults = PLANTED[what]

    assert found(plant(CLEAN)).faults() == faults


def test_repeats_are_allowed_up_to_a_count() -> None:
    books = replace(CLEAN, results=[*CLEAN.results, *CLEAN.results[:3]])

    assert found(books).faults(repeats_allowed=3) == []
    assert found(books).faults(repeats_allowed=2) == ["1 repeated beyond what is allowed"]


def test_each_version_may_answer_in_its_own_way() -> None:
    newer = replace(CLEAN.results[0], answer=CLEAN.results[0].answer[::-1], version="2")
    books = replace(CLEAN, results=[newer, *CLEAN.results[1:]])

    assert found(books).faults(versions=("1", "2")) == []
    assert found(books).versions == {"1": 8, "2": 1}


def test_a_version_that_never_answered_is_missed() -> None:
    assert found(CLEAN).faults(versions=("1", "2")) == ["1 versions without a result"]


def test_a_replayed_input_is_answered_once_or_twice() -> None:
    again = replace(INPUTS[0], offset=5)
    books = replace(CLEAN, inputs=[*INPUTS, again], committed={HERE: 6, THERE: 5})
    told = replace(a_result(INPUTS[0]), trace_id=trace(again))

    assert found(replace(books, results=[*CLEAN.results, told])).faults() == []
    assert found(books).faults() == []


def test_an_input_without_a_trace_may_get_any() -> None:
    assert audit(CLEAN, recompute, lambda _: "").faults() == []
