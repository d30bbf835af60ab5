"""Selection of dead letters by topic, place, time and text of headers."""

import pytest

from shared.bus.dead_letters import DeadLetter, dead_letter, read_dead_letter
from shared.bus.record import Partition, Place, Record
from shared.catalogue import DEAD_TOPICS
from shared.errors import ConfigError, RejectedError
from shared.letters.selection import Wanted
from shared.reasons import Reason

TOPIC = "image.received.v1"
DEAD = f"{TOPIC}.dead"


def letter_at(offset: int, *, timestamp_ms: int = 0) -> tuple[Record, DeadLetter]:
    headers = (("Tenant", b"M\xc3\xbcnchen"), ("empty", None))
    record = Record(Partition(TOPIC, 0), 7, b"key", b"{", headers, 0)
    letter = dead_letter(record, RejectedError(Reason.NOT_JSON, "expected value"), group="g")
    stored = Record(Partition(DEAD, 2), offset, letter.key, letter.value, letter.headers, timestamp_ms)
    return stored, read_dead_letter(stored)


@pytest.mark.parametrize(
    ("text", "found"),
    [("tenant", True), ("MÜNCHEN", True), ("tenant: mün", True), ("Expected", True), ("berlin", False)],
)
def test_text_is_looked_for_in_names_and_values_of_headers_and_in_the_message(text: str, found: bool) -> None:  # noqa: FBT001
    assert Wanted(header_text=text).includes(*letter_at(0)) is found


@pytest.mark.parametrize(("time_ms", "found"), [(9, False), (10, True), (19, True), (20, False)])
def test_times_select_from_the_first_to_before_the_last(time_ms: int, found: bool) -> None:  # noqa: FBT001
    wanted = Wanted(since_ms=10, until_ms=20)

    assert wanted.includes(*letter_at(0, timestamp_ms=time_ms)) is found


def test_a_place_selects_one_letter_and_only_its_part_is_read() -> None:
    wanted = Wanted.at("images", "2:17")

    assert [wanted.includes(*letter_at(offset)) for offset in (16, 17)] == [False, True]
    assert wanted.topics() == [DEAD]
    assert wanted.parts({Partition(DEAD, 2): range(10, 90), Partition(DEAD, 1): range(90)}) == {
        Partition(DEAD, 2): range(17, 18)
    }


def test_a_place_on_a_topic_without_dead_letters_selects_nothing() -> None:
    places = frozenset({Place(Partition("__consumer_offsets", 0), 0)})

    assert Wanted(places=places).topics() == []


def test_without_a_name_all_topics_are_read() -> None:
    assert Wanted().topics() == list(DEAD_TOPICS)


@pytest.mark.parametrize("place", ["", "2", "2:", ":17", "2:-1", "a:b"])
def test_what_is_no_place_is_refused_with_the_form_of_one(place: str) -> None:
    with pytest.raises(ConfigError, match="PARTITION:OFFSET"):
        Wanted.at("images", place)
