"""Signed links: only what this installation signed for this event is read back."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.results.links import ForgedLinkError, Links, Receipt
from shared.bus.record import Partition, Place
from shared.events import INPUTS

EVENT_ID = UUID(int=7)
RECEIPT = Receipt(EVENT_ID, Place(Partition(INPUTS[0].name, 2), 17), "k1")
LINKS = Links(b"secret")


def token_of(link: str) -> str:
    return link.partition("?at=")[2]


@given(
    st.uuids(),
    st.sampled_from([event.name for event in INPUTS]),
    st.integers(0, 1000),
    st.integers(0, 2**62),
    st.text("abcdef0123456789-_\n", min_size=1, max_size=40),
)
def test_a_link_gives_back_place_and_key(
    event_id: UUID, topic: str, number: int, offset: int, key_id: str
) -> None:
    receipt = Receipt(event_id, Place(Partition(topic, number), offset), key_id)

    assert LINKS.read(event_id, token_of(LINKS.link(receipt))) == receipt


@pytest.mark.parametrize("index", range(0, 60, 7))
def test_a_changed_character_is_noticed(index: int) -> None:
    token = token_of(LINKS.link(RECEIPT))
    changed = token[:index] + ("A" if token[index] != "A" else "B") + token[index + 1 :]

    with pytest.raises(ForgedLinkError):
        LINKS.read(EVENT_ID, changed)


@pytest.mark.parametrize("token", ["", "A", "AAAA", "ü", "a b", "=" * 8, "A" * 10_000])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(ForgedLinkError):
        LINKS.read(EVENT_ID, token)


def test_a_link_to_one_event_opens_no_other() -> None:
    with pytest.raises(ForgedLinkError):
        LINKS.read(UUID(int=8), token_of(LINKS.link(RECEIPT)))


def test_a_link_of_another_installation_is_refused() -> None:
    with pytest.raises(ForgedLinkError):
        Links(b"another").read(EVENT_ID, token_of(LINKS.link(RECEIPT)))
