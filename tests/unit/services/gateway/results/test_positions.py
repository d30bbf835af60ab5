"""Positions as the id of an event in a stream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.results.positions import WrongPositionsError, covers, from_text, to_text
from shared.bus.record import Partition
from shared.events import RESULTS

ONE, TWO = (Partition(RESULTS[0].name, number) for number in (0, 1))

partitions = st.builds(Partition, st.sampled_from([event.name for event in RESULTS]), st.integers(0, 999))


@given(st.dictionaries(partitions, st.integers(0, 2**62), max_size=60))
def test_an_id_gives_back_the_positions(positions: dict[Partition, int]) -> None:
    text = to_text(positions)

    assert from_text(text) == positions
    assert text.isprintable()


def test_partitions_of_topics_without_results_are_left_out() -> None:
    assert from_text(f"other.topic.v1:0=7;{ONE.topic}:0=3") == {ONE: 3}


@pytest.mark.parametrize(
    "text",
    [
        "17",
        "nonsense",
        f"{ONE.topic}:0",
        f"{ONE.topic}:0=-1",
        f"{ONE.topic}:0=1,",
        f"{ONE.topic}:0=1;;",
        f"{ONE.topic}:٣=1",
        f"{ONE.topic}:0=99999999999999999999",
        "a" * 40_000,
    ],
)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(WrongPositionsError):
        from_text(text)


@pytest.mark.parametrize(
    ("positions", "covered"),
    [({ONE: 5, TWO: 5}, True), ({ONE: 9, TWO: 6}, True), ({ONE: 4, TWO: 9}, False), ({ONE: 5}, False)],
)
def test_a_reader_has_seen_all_before_the_floor_only_at_or_behind_it_in_each_partition(
    positions: dict[Partition, int], *, covered: bool
) -> None:
    assert covers({ONE: 5, TWO: 5}, positions) is covered
