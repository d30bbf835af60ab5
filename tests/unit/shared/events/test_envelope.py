"""Rules that hold for every event."""

import json
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.events import BY_NAME, CustomerMessageAnalyzed, Event, ImageReceived, SupportMessageRouted
from tests.support.events import events_of, message

FEW = settings(max_examples=25)
"""For what depends on the kind of event, and hardly on its values."""

EVENTS = pytest.mark.parametrize("event", BY_NAME.values(), ids=list(BY_NAME))


@EVENTS
@settings(max_examples=50)
@given(draw=st.data())
def test_an_event_survives_the_wire(event: type[Event], draw: st.DataObject) -> None:
    sent = draw.draw(events_of(event))

    assert event.from_json(sent.to_json()) == sent


@EVENTS
@FEW
@given(draw=st.data())
def test_an_old_reader_survives_a_newer_writer(event: type[Event], draw: st.DataObject) -> None:
    sent = draw.draw(events_of(event))
    newer = json.dumps(json.loads(sent.to_json()) | {"not_invented_yet": [1, 2]})

    assert event.from_json(newer.encode()) == sent


@EVENTS
@FEW
@given(draw=st.data())
def test_the_key_is_the_key_field(event: type[Event], draw: st.DataObject) -> None:
    sent = draw.draw(events_of(event))

    assert sent.key.decode() == getattr(sent, event.key_field)


def test_the_id_of_a_child_is_the_same_on_every_replay() -> None:
    cause = message(1)
    replayed = type(cause).from_json(cause.to_json())

    assert replayed.child_id(CustomerMessageAnalyzed) == cause.child_id(CustomerMessageAnalyzed)
    assert cause.child_id(CustomerMessageAnalyzed) == UUID("1b33b81f-b4d3-57e6-8ba1-45ca472669bb")


def test_children_of_other_causes_or_kinds_have_other_ids() -> None:
    ids = {
        message(number).child_id(event)
        for number in range(100)
        for event in (CustomerMessageAnalyzed, SupportMessageRouted)
    }

    assert len(ids) == 200


def test_an_image_is_base64_on_the_wire() -> None:
    image = ImageReceived(
        event_id=UUID(int=1),
        occurred_at=message().occurred_at,
        case_id="case",
        kind="digit",
        content=b"iVBORw==",
    )

    assert image.content == b"\x89PNG"
    assert json.loads(image.to_json())["content"].strip() == "iVBORw=="
