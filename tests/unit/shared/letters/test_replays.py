"""Replays: each letter once, a record no more often than it is told to, marks that never go back."""

from dataclasses import replace

import pytest

from shared.bus.dead_letters import ATTEMPT_HEADER, DeadLetter, dead_letter, read_dead_letter
from shared.bus.record import Outgoing, Partition, Record
from shared.errors import RejectedError
from shared.events.headers import Headers
from shared.letters.replays import GROUP, Fate, Plan, Rule, group_of, outgoing, singles_within, within
from shared.reasons import Reason

TOPIC = "image.received.v1"
DEAD = Partition(f"{TOPIC}.dead", 0)


def refused(outgoing: Outgoing, offset: int, reason: Reason = Reason.NOT_JSON) -> tuple[Record, DeadLetter]:
    """Return the letter at an offset that a service makes of a record that it refuses."""
    record = Record(Partition(TOPIC, 0), 7, outgoing.key, outgoing.value, outgoing.headers, 0)
    letter = dead_letter(record, RejectedError(reason, "no"), group="g")
    stored = Record(DEAD, offset, letter.key, letter.value, letter.headers, 0)
    return stored, read_dead_letter(stored)


def letter_at(
    offset: int, *, reason: Reason = Reason.NOT_JSON, headers: Headers = ()
) -> tuple[Record, DeadLetter]:
    return refused(Outgoing(TOPIC, b"k", b"{", headers), offset, reason)


def a_plan(*found: tuple[Record, DeadLetter], marks: dict[str, dict[Partition, int]] | None = None) -> Plan:
    known = marks or {}
    return Plan(Rule(marks=known), known.get(GROUP, {}), found)


def test_a_replayed_record_carries_its_attempt_and_so_does_its_next_letter() -> None:
    sender = (("mine", b"kept"),)
    outgoing, attempts = Outgoing(TOPIC, b"k", b"{", sender), []

    for offset in range(3):
        _, letter = refused(outgoing, offset)
        outgoing = letter.replay()
        attempts.append(letter.attempt)

    assert attempts == [0, 1, 2]
    assert outgoing.headers == (*sender, (ATTEMPT_HEADER, b"3"))


@pytest.mark.parametrize("value", [b"", b"many", b"-1", b"9" * 5000, None, "\N{SUPERSCRIPT TWO}".encode()])
def test_an_attempt_that_is_no_count_is_none(value: bytes | None) -> None:
    _, letter = letter_at(0, headers=((ATTEMPT_HEADER, value),))

    assert letter.attempt == 0


def test_letters_before_a_mark_are_old_and_those_behind_it_are_sent() -> None:
    plan = a_plan(*map(letter_at, range(4)), marks={GROUP: {DEAD: 3}})

    assert plan.fates == {Fate.OLD: 3, Fate.SEND: 1}
    assert plan.targets == {TOPIC: 1}


def test_hostile_letters_grow_by_their_own_number_and_then_no_more() -> None:
    letters = [letter_at(offset) for offset in range(29)]
    mark: dict[Partition, int] = {}
    counts = []

    for _ in range(6):
        plan = a_plan(*letters, marks={GROUP: mark})
        mark = mark | plan.passed(letters)
        sent = [record for records in outgoing(plan.due(letters)).values() for record in records]
        letters += [refused(record, len(letters) + place) for place, record in enumerate(sent)]
        counts.append(len(letters))

    assert counts == [58, 87, 116, 116, 116, 116]


def test_a_replay_of_one_reason_leaves_the_others_to_be_replayed() -> None:
    json, shape = letter_at(0), letter_at(1, reason=Reason.WRONG_SHAPE)

    plan = a_plan(json, shape, marks={group_of(Reason.WRONG_SHAPE): {DEAD: 2}})

    assert plan.fates == {Fate.SEND: 1, Fate.OLD: 1}


def test_letters_that_came_after_the_plan_are_left_for_the_next_replay() -> None:
    plan = a_plan(letter_at(0))

    due = plan.due([letter_at(0), letter_at(1)])

    assert len(due) == 1
    assert plan.passed([letter_at(0), letter_at(1)]) == {DEAD: 1}


def test_a_mark_never_goes_back() -> None:
    plan = a_plan(letter_at(0), letter_at(5), marks={GROUP: {DEAD: 4}})

    assert plan.passed([letter_at(0)]) == {}
    assert plan.passed([letter_at(0), letter_at(5)]) == {DEAD: 6}


def test_a_mark_behind_the_end_of_its_partition_counts_for_nothing_as_the_topic_was_made_anew() -> None:
    assert within({GROUP: {DEAD: 10}}, {DEAD: range(4)}) == {GROUP: {}}
    assert within({GROUP: {DEAD: 4}}, {DEAD: range(4)}) == {GROUP: {DEAD: 4}}


def test_a_letter_without_its_value_is_named_by_its_original() -> None:
    record, letter = letter_at(0)

    plan = a_plan((record, replace(letter, value_left_out=True)))

    assert plan.total == 0
    assert plan.originals == [f"{TOPIC} 0:7"]


def test_letters_that_were_replayed_one_by_one_are_old_to_every_later_replay() -> None:
    found = tuple(map(letter_at, range(4)))

    plan = Plan(Rule(marks={}, singles={DEAD: frozenset({1, 3})}), {}, found)

    assert plan.fates == {Fate.OLD: 2, Fate.SEND: 2}


def test_singles_add_up_batch_by_batch() -> None:
    plan = a_plan(*map(letter_at, range(4)))

    plan = plan.with_singles([letter_at(0)]).with_singles([letter_at(3)])

    assert plan.singles == {DEAD: frozenset({0, 3})}


def test_singles_are_forgotten_once_deleted_or_replayed_with_all_others() -> None:
    singles = {DEAD: frozenset({1, 4, 8})}

    assert singles_within(singles, {DEAD: range(2, 9)}, {}) == {DEAD: frozenset({4, 8})}
    assert singles_within(singles, {DEAD: range(9)}, {DEAD: 5}) == {DEAD: frozenset({8})}
    assert singles_within(singles, {DEAD: range(3)}, {}) == {}


def test_the_first_letters_of_a_plan_leave_the_others_and_their_marks_for_the_next_call() -> None:
    found = tuple(map(letter_at, range(5)))

    plan = a_plan(*found, marks={GROUP: {DEAD: 1}}).first(2)

    assert plan.total == 2
    assert [record.offset for record, _ in plan.due(found)] == [1, 2]
    assert plan.passed(found) == {DEAD: 3}


def test_headers_that_are_named_stay_behind_and_the_attempt_goes_along() -> None:
    headers = (("traceparent", b"00"), ("mine", b"kept"))

    [record] = outgoing([letter_at(0, headers=headers)], frozenset({"traceparent"}))[TOPIC]

    assert record.headers == (("mine", b"kept"), (ATTEMPT_HEADER, b"1"))
