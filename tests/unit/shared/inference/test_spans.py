"""Spans: from a tag a word to what is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.inference.spans import Span, spans_of, tags_of

TAGS = tags_of(("person", "place"))


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("O O", []),
        ("B-person I-person O", [Span("person", 0, 2)]),
        ("B-person B-person", [Span("person", 0, 1), Span("person", 1, 2)]),
        ("O I-place I-place", [Span("place", 1, 3)]),
        ("B-person I-place", [Span("person", 0, 1), Span("place", 1, 2)]),
        ("B-place O I-place", [Span("place", 0, 1), Span("place", 2, 3)]),
    ],
)
def test_a_span_begins_with_b_or_with_what_was_never_begun(tags: str, spans: list[Span]) -> None:
    assert spans_of(tags.split()) == spans


@given(st.lists(st.sampled_from(TAGS)))
def test_every_tagged_word_is_in_exactly_one_span(tags: list[str]) -> None:
    covered = [place for span in spans_of(tags) for place in range(span.start, span.end)]

    assert covered == [place for place, tag in enumerate(tags) if tag != "O"]
