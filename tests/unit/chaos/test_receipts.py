"""Receipts: what was accepted over HTTP and is not on the topic, or is there as several events, is found."""

from collections import defaultdict
from uuid import UUID, uuid4

from shared.bus.record import Partition, Record
from tests.chaos.receipts import Receipts, receipts
from tests.support.events import message


def a_record(text: str, event_id: UUID) -> Record:
    event = message(text=text).model_copy(update={"event_id": event_id})
    return Record(Partition(event.name, 0), 0, event.key, event.to_json(), (), 0)


def accepted(*answers: tuple[str, UUID]) -> defaultdict[str, set[UUID]]:
    told: defaultdict[str, set[UUID]] = defaultdict(set)
    for text, event_id in answers:
        told[text].add(event_id)
    return told


ONE, OTHER = uuid4(), uuid4()


def test_what_is_on_the_topic_as_it_was_answered_is_right_also_when_nobody_was_told() -> None:
    found = receipts(accepted(("a", ONE)), [a_record("a", ONE), a_record("cut off", OTHER)])

    assert (found.accepted_count, found.faults()) == (1, [])


def test_an_accepted_message_that_is_not_on_the_topic_is_lost() -> None:
    found = receipts(accepted(("a", ONE), ("b", OTHER)), [a_record("a", ONE)])

    assert found.vanished == [OTHER]
    assert found.faults() == ["1 accepted and lost"]


def test_a_key_whose_message_is_there_as_two_events_is_found_also_when_one_was_never_answered() -> None:
    found = receipts(accepted(("a", ONE)), [a_record("a", ONE), a_record("a", OTHER)])

    assert found.split == ["a"]
    assert found.faults() == ["1 keys with several events"]


def test_a_record_that_came_twice_under_one_id_is_counted_and_no_fault() -> None:
    found = receipts(accepted(("a", ONE)), [a_record("a", ONE)] * 3)

    assert (found.again_count, found.faults()) == (2, [])


def test_where_nothing_was_posted_there_is_nothing_to_compare() -> None:
    assert receipts({}, [a_record("a", ONE)]) == Receipts()
