"""Breaker: when a failing server is left alone, and when it is tried again."""

from shared.cache.breaker import Breaker


def a_breaker() -> Breaker:
    return Breaker(open_s=5.0, failures_to_open=3)


def an_open_breaker(*, at_s: float) -> Breaker:
    breaker = a_breaker()
    for _ in range(3):
        breaker.fail(at_s)
    return breaker


def test_it_opens_at_the_third_failure_in_a_row_and_says_so_once() -> None:
    breaker = a_breaker()

    opened = [breaker.fail(now_s) for now_s in (1.0, 2.0, 3.0, 3.0)]

    assert opened == [False, False, True, False]
    assert not breaker.is_closed


def test_an_answer_between_two_failures_starts_the_count_anew() -> None:
    breaker = a_breaker()
    breaker.fail(1.0)
    breaker.fail(2.0)
    breaker.succeed()

    breaker.fail(3.0)

    assert breaker.is_closed


def test_one_caller_probes_when_the_time_is_over() -> None:
    breaker = an_open_breaker(at_s=10.0)

    claims = [breaker.claim_probe(now_s) for now_s in (10.0, 14.9, 15.0, 15.0, 16.0)]

    assert claims == [False, False, True, False, False]


def test_a_probe_that_never_reports_is_made_again() -> None:
    breaker = an_open_breaker(at_s=10.0)
    breaker.claim_probe(15.0)

    assert breaker.claim_probe(20.0)


def test_a_probe_that_succeeds_closes_it() -> None:
    breaker = an_open_breaker(at_s=10.0)
    breaker.claim_probe(15.0)

    breaker.succeed()

    assert breaker.is_closed
    assert not breaker.claim_probe(100.0)


def test_a_closed_breaker_asks_for_no_probe() -> None:
    assert not a_breaker().claim_probe(100.0)
