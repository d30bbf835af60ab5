"""Growth over a long run."""

import statistics
from datetime import UTC, datetime

from benchmarks.footprint import totals
from benchmarks.mixed_load import BAD_SHARE, MixedLoad
from benchmarks.soak import grown
from deploy.local.samples.news import generate_news


def test_growth_leaves_out_the_warming_up() -> None:
    held = [50.0] * 10 + [100.0] * 40 + [110.0] * 10

    assert grown(held, statistics.median) == 1.1


def test_what_comes_and_goes_is_no_growth_but_what_stays_is() -> None:
    busy_at_the_end = [20.0, 20.0, 20.0, 20.0, 20.0, 20.0] * 9 + [300.0, 20.0, 300.0, 300.0, 20.0, 300.0]
    leaking = [20.0 + number for number in range(60)]

    assert grown(busy_at_the_end, min) == 1.0
    assert grown(leaking, min) > 2


def test_a_metric_is_added_up_over_its_labels() -> None:
    page = 'lag{partition="0"} 2.0\nlag{partition="1"} 3.0\ntasks 7.0\n'

    assert totals(page) == {"lag": 5.0, "tasks": 7.0}


def test_a_mixed_load_repeats_half_and_breaks_few() -> None:
    load = MixedLoad(["one", "two"], generate_news())
    records = [load(datetime(2026, 1, 1, tzinfo=UTC)) for _ in range(5000)]

    broken = [record for record in records if record.key == b"broken"]
    repeated = [record for record in records if b'"one"' in (record.value or b"")]
    assert 0 < len(broken) < 3 * BAD_SHARE * len(records)
    assert len(repeated) > 1000
    assert len({record.topic for record in records}) == 2
