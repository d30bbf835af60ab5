"""Offsets beside a committed offset: the text gives back every set, and is never longer than Kafka keeps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.letters.offsets import MAX_CHARACTERS, MarksFullError, as_text, from_text


@given(st.frozensets(st.integers(min_value=0, max_value=5_000), max_size=200))
def test_a_text_gives_back_its_offsets(offsets: frozenset[int]) -> None:
    assert from_text(as_text(offsets)) == offsets


def test_a_run_takes_no_more_room_than_one_offset() -> None:
    assert as_text(range(100, 900)) == "replayed=100+800"


@pytest.mark.parametrize("text", ["", "last_timestamp_ms=12", "noise"])
def test_a_text_of_another_kind_names_no_offset(text: str) -> None:
    assert from_text(text) == frozenset()


def test_more_than_kafka_keeps_is_refused_with_the_cure() -> None:
    with pytest.raises(MarksFullError, match="purge"):
        as_text(range(0, 2 * MAX_CHARACTERS, 2))
