"""Spans: from a tag a word to what is found."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.inference.spans import Span, likeliest, spans_of, tags_of

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


def test_the_likeliest_tags_begin_every_span() -> None:
    chances = np.array([[0.5, 0.4, 0.1], [0.1, 0.1, 0.8], [0.9, 0.05, 0.05]])

    tags = likeliest(chances, tags_of(("place",)))

    assert tags.tolist() == [1, 2, 0]


def test_a_tag_without_a_beginning_is_never_said() -> None:
    assert likeliest(np.array([[0.3, 0.1, 0.6]]), tags_of(("place",))).tolist() == [0]


@given(st.lists(st.sampled_from(range(len(TAGS))), max_size=8), st.randoms(use_true_random=False))
def test_no_allowed_row_of_tags_is_likelier(other: list[int], random: Random) -> None:
    chances = np.array([[random.uniform(0.01, 1.0) for _ in TAGS] for _ in other]).reshape(-1, len(TAGS))
    names = [TAGS[tag] for tag in other]
    begun = all(
        tag[0] != "I" or tag[2:] == before[2:] for before, tag in zip(["O", *names], names, strict=False)
    )

    tags = likeliest(chances, TAGS)

    places = range(len(other))
    assert not begun or np.log(chances[places, tags]).sum() >= np.log(chances[places, other]).sum() - 1e-9
