"""The schemas that subscribers rely on."""

import json
import re
from functools import cache

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events import BY_NAME, Event
from tests.contract.compatibility import incompatibilities
from tests.contract.schemas import COMMAND, FOLDER, current, golden
from tests.support.events import events_of

EVENTS = pytest.mark.parametrize("event", BY_NAME.values(), ids=list(BY_NAME))


@cache
def validator(event: type[Event]) -> jsonschema.Draft202012Validator:
    """Return what checks JSON against the golden schema of an event."""
    schema = golden(event)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@EVENTS
def test_the_schema_is_the_golden_one(event: type[Event]) -> None:
    assert current(event) == golden(event), f"a contract changed: if that is meant, run `{COMMAND}`"


@EVENTS
def test_old_and_new_readers_and_writers_understand_each_other(event: type[Event]) -> None:
    assert incompatibilities(golden(event), current(event)) == []


@EVENTS
@given(draw=st.data())
def test_what_is_published_fits_the_golden_schema(event: type[Event], draw: st.DataObject) -> None:
    published = json.loads(draw.draw(events_of(event)).to_json())

    validator(event).validate(published)


@EVENTS
def test_a_schema_says_what_it_is_and_names_no_foreign_address(event: type[Event]) -> None:
    schema = golden(event)

    jsonschema.validators.validator_for(schema).check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:tidemill:{event.name}"


def test_no_golden_schema_is_left_of_an_event_that_is_gone() -> None:
    assert {file.stem for file in FOLDER.glob("*.json")} == set(BY_NAME), f"run `{COMMAND}`"


@EVENTS
def test_the_wire_name_is_a_versioned_fact(event: type[Event]) -> None:
    assert re.fullmatch(r"[a-z]+(\.[a-z]+(_[a-z]+)*)\.v\d+", event.name)
    assert event.key_field in event.model_fields
