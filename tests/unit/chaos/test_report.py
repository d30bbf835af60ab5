"""The page says what was measured, and which promise was broken."""

from uuid import uuid4

import pytest

from shared.bus.record import Partition
from tests.chaos.faults import FAULTS
from tests.chaos.ledger import Audit
from tests.chaos.receipts import Receipts
from tests.chaos.report import page, total
from tests.chaos.run import Outcome

FACTS = {
    "date": "2026-03-01T12:00:00+00:00",
    "cores": 2,
    "processor": "CPU",
    "memory_gib": 24,
    "load_before": [0.5, 0.4, 0.3],
    "versions": {"Kafka": "4.1.0"},
}


def outcome(**wrong: object) -> Outcome:
    audit = Audit(
        message_count=1234,
        lost=wrong.get("lost", ()),  # type: ignore[arg-type]
        repeated_count=3,
        disordered=(),
        wrong=(),
        healthy_dead=(),
        answered_dead=(),
        untraced=(),
        committed_beyond=(),
        lag_records=0,
        versions={"1": 1234},
    )
    received = Receipts(vanished=wrong.get("vanished", ()), again_count=wrong.get("again", 0))  # type: ignore[arg-type]
    return Outcome(
        fault=FAULTS[0],
        delivery="at-least-once",
        times=6,
        audit=audit,
        receipts=received,
        silence_s=3.51,
        broken=[*audit.faults(repeats_allowed=5), *received.faults()],
    )


@pytest.mark.parametrize(
    ("made", "row"),
    [
        (outcome(), "| 6 | 1,234 | 0 | 3 | 0 | 0 | 0 | 3.5 | kept |"),
        (outcome(lost=[(Partition("in", 0), 7)]), "| 6 | 1,234 | 1 | 3 | 0 | 0 | 0 | 3.5 | 1 lost |"),
        (
            outcome(vanished=[uuid4()], again=2),
            "| 6 | 1,234 | 1 | 5 | 0 | 0 | 0 | 3.5 | 1 accepted and lost |",
        ),
    ],
)
def test_each_fault_has_its_row(made: Outcome, row: str) -> None:
    written = page([made, made], FACTS)

    assert written.count(row) == 2
    assert "2,468 messages, 12 injected faults, 2026-03-01;\n2 cores of CPU, 24 GiB,\nload 0.5" in written


def test_the_last_line_counts_what_was_tried_and_what_broke_a_promise() -> None:
    tried = [outcome(), outcome(lost=[(Partition("in", 0), 7)])]

    assert total(tried) == "2 faults, 12 times, 2,468 messages; 1 faults broke a promise"
