"""The measure of found spans."""

import pytest

from evaluation.spans import ALL, span_scores
from shared.inference.spans import Span


def test_a_span_counts_only_when_type_and_both_ends_are_right() -> None:
    right = [{Span("person", 0, 2), Span("place", 3, 4)}, {Span("place", 0, 1)}]
    said = [{Span("person", 0, 1), Span("place", 3, 4)}, {Span("person", 0, 1)}]

    everything, person, place = span_scores(said, right)

    assert (everything.kind, everything.n) == (ALL, 3)
    assert everything.f1 == pytest.approx(1 / 3)
    assert person.f1 == 0.0
    assert (place.precision, place.recall, place.n) == (1.0, 0.5, 2)


def test_where_nothing_is_said_the_score_is_zero() -> None:
    assert [score.f1 for score in span_scores([set()], [{Span("place", 0, 1)}])] == [0.0, 0.0]
