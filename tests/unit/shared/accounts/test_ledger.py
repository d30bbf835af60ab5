"""Every input ends as a result or a dead letter; the ledger says which is still open."""

from shared.accounts.ledger import Ledger
from shared.bus.dead_letters import dead_letter
from shared.bus.record import Partition, Record
from shared.errors import RejectedError
from shared.reasons import Reason
from tests.unit.tidemill.events import a_broken_record, a_message, a_record, a_route, a_story

REFUSAL = RejectedError(Reason.NOT_JSON, "expected value")


def the_dead_letter_of(record: Record, *, at_ms: int = 0) -> Record:
    letter = dead_letter(record, REFUSAL, group="g")
    return Record(Partition(letter.topic, 0), 0, letter.key, letter.value, letter.headers, at_ms)


def test_an_input_is_open_until_its_result_is_seen() -> None:
    ledger, message = Ledger(), a_message()

    ledger.note(a_record(message))
    open_before = ledger.open_count
    ledger.note(a_record(a_route(message)))

    assert (open_before, ledger.open_count, ledger.sent_count) == (1, 0, 1)


def test_a_result_seen_before_its_input_counts_too() -> None:
    ledger, message = Ledger(), a_message()

    ledger.note(a_record(a_route(message), at_ms=30))
    ledger.note(a_record(message, at_ms=10))

    assert ledger.open_count == 0
    assert ledger.counts["repeated"] == 0


def test_a_dead_letter_closes_an_input_that_could_not_even_be_read() -> None:
    ledger, broken = Ledger(), a_broken_record(offset=5)

    ledger.note(broken)
    ledger.note(a_broken_record(offset=6))
    ledger.note(the_dead_letter_of(broken))

    assert (ledger.sent_count, ledger.open_count, ledger.counts["dead"]) == (2, 1, 1)


def test_a_dead_letter_closes_an_input_that_could_be_read() -> None:
    ledger, record = Ledger(), a_record(a_message())

    ledger.note(record)
    ledger.note(the_dead_letter_of(record))

    assert ledger.open_count == 0


def test_a_result_for_another_input_closes_nothing() -> None:
    ledger = Ledger()

    ledger.note(a_record(a_message()))
    ledger.note(a_record(a_route(a_message())))
    ledger.note(a_record(a_story("Norvale Foods")))

    assert ledger.open_count == 1


def test_a_second_result_is_counted_as_repeated() -> None:
    ledger, message = Ledger(), a_message()

    for event in (message, a_route(message), a_route(message)):
        ledger.note(a_record(event))

    assert (ledger.counts["repeated"], ledger.open_count) == (1, 0)


def test_an_input_sent_again_is_no_second_input() -> None:
    ledger, message = Ledger(), a_message()

    ledger.note(a_record(message, offset=0))
    ledger.note(a_record(message, offset=9))

    assert (ledger.sent_count, ledger.counts["sent_again"], ledger.open_count) == (1, 1, 1)


def test_latency_is_from_the_input_to_its_result() -> None:
    ledger = Ledger()

    for took_ms in range(1, 101):
        message = a_message()
        ledger.note(a_record(message, at_ms=1_000))
        ledger.note(a_record(a_route(message), at_ms=1_000 + took_ms))

    p50_ms, p99_ms = ledger.latency_ms()
    assert (p50_ms, round(p99_ms)) == (50.5, 99)


def test_there_is_no_latency_without_results() -> None:
    assert Ledger().latency_ms() == (0.0, 0.0)


def test_a_foreign_record_on_a_dead_topic_is_counted_and_closes_nothing() -> None:
    ledger = Ledger()
    ledger.note(a_record(a_message()))

    ledger.note(Record(Partition("customer.message_received.v1.dead", 0), 0, None, b"?", (), 0))

    assert (ledger.counts["dead"], ledger.open_count) == (1, 1)
