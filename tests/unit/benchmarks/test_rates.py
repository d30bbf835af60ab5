"""Results a second."""

import json
from collections.abc import Mapping

import pytest

from benchmarks.rates import rate_per_s
from shared.bus.record import Partition, Record


def result(timestamp_ms: int, **fields: Mapping[str, float]) -> Record:
    """Return a result as a topic has it."""
    return Record(Partition("results", 0), 0, b"key", json.dumps(fields).encode(), (), timestamp_ms)


def test_the_work_on_the_first_result_counts() -> None:
    results = [result(1_500, decision={"total_ms": 500.0}), result(2_000, decision={"total_ms": 900.0})]

    assert rate_per_s(results) == pytest.approx(2.0)


def test_results_that_say_nothing_of_their_work_count_from_the_first_one() -> None:
    assert rate_per_s([result(3_000), result(1_000), result(2_000)]) == pytest.approx(1.5)


def test_a_single_moment_is_no_rate() -> None:
    with pytest.raises(ValueError, match="one moment"):
        rate_per_s([result(1_000), result(1_000)])
