"""The customer messages are ours, many-voiced, and the same on every run."""

import csv
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from deploy.local.samples.load import EXPECTED_FILE, message_rows, messages
from shared.events import Channel


def test_the_counts_are_the_documented_ones() -> None:
    expected = json.loads(EXPECTED_FILE.read_text(encoding="utf-8"))["messages"]
    rows = message_rows()

    counts: dict[str, Any] = {
        "total": len(rows),
        "conversations": len({row.conversation_id for row in rows}),
        "reviews": sum(row.channel == "review" for row in rows),
        "out_of_scope": sum(row.kind == "out_of_scope" for row in rows),
        "urgent": sum(row.kind in expected["urgent_kinds"] for row in rows),
    }

    assert counts == {name: expected[name] for name in counts}


def test_no_two_messages_share_their_id_or_their_text() -> None:
    events = messages()

    assert len({event.event_id for event in events}) == len(events)
    assert len({event.text.casefold() for event in events}) == len(events)


def test_every_run_gives_the_same_messages() -> None:
    assert messages() == messages()


def test_another_start_moves_the_times_and_keeps_the_ids() -> None:
    start = datetime(2031, 5, 6, 7, tzinfo=UTC)

    moved = messages(start)

    assert [event.event_id for event in moved] == [event.event_id for event in messages()]
    assert all(start < a.occurred_at < b.occurred_at for a, b in pairwise(moved))
    assert moved[-1].occurred_at - start < timedelta(hours=1)


def test_some_conversations_have_two_or_three_messages_of_one_customer() -> None:
    lengths = Counter(event.conversation_id for event in messages())
    customers = {(event.conversation_id, event.customer_id) for event in messages()}

    assert Counter(lengths.values()).keys() == {1, 2, 3}
    assert len(customers) == len(lengths)


def test_reviews_are_40_to_200_words_and_take_a_side() -> None:
    reviews = [row for row in message_rows() if row.channel == Channel.REVIEW]

    assert all(40 <= len(row.text.split()) <= 200 for row in reviews)
    assert Counter(row.kind for row in reviews).keys() == {"review_positive", "review_negative"}


def test_no_message_is_a_row_of_a_public_data_set(data_dir: Path) -> None:
    public = _public_texts(data_dir / "banking77")

    assert not [row.text for row in message_rows() if _letters(row.text) in public]


def _public_texts(folder: Path) -> set[str]:
    texts: set[str] = set()
    for name in ("train.csv", "test.csv"):
        with (folder / name).open(encoding="utf-8", newline="") as file:
            texts.update(_letters(row["text"]) for row in csv.DictReader(file))
    return texts


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
