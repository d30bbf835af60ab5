"""Each hostile record is refused for its own reason, or accepted, and its neighbours never notice."""

import json
from collections import Counter

import pytest

from deploy.local.samples.hostile import HostileRecord
from deploy.local.samples.load import EXPECTED_FILE, hostile
from shared.errors import RejectedError
from shared.events import BY_NAME, ImageReceived
from shared.events.codec import decode
from shared.inference.image import decode_image
from shared.repository.bundle import ImageSpec

BROKER_LIMIT_BYTES = 1_048_576
RECORDS = hostile()
DIGIT = ImageSpec(width=28, height=28, mode="L", resize="fit")


def test_the_counts_are_the_documented_ones() -> None:
    expected = json.loads(EXPECTED_FILE.read_text(encoding="utf-8"))["hostile"]
    reasons = [record.reason for record in RECORDS]

    assert len(reasons) == expected["total"] == expected["accepted"] + expected["dead"]
    assert reasons.count(None) == expected["accepted"]
    assert Counter(filter(None, reasons)) == expected["reasons"]


def test_every_run_gives_the_same_records_each_with_a_name_of_its_own() -> None:
    assert hostile() == RECORDS
    assert len({record.what for record in RECORDS}) == len(RECORDS)


def test_every_record_fits_through_a_broker_with_its_default_limit() -> None:
    assert max(len(record.value or b"") for record in RECORDS) < BROKER_LIMIT_BYTES


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.what)
def test_a_record_is_refused_for_its_reason_or_accepted(record: HostileRecord) -> None:
    assert _refusal(record) == record.reason


def _refusal(record: HostileRecord) -> str | None:
    try:
        event = decode(BY_NAME[record.topic], key=record.key, value=record.value, headers=record.headers)
        if isinstance(event, ImageReceived):
            decode_image(event.content, DIGIT)
    except RejectedError as error:
        return error.reason
    return None
