"""The JSON files of the figures."""

import json
from pathlib import Path

from benchmarks.measure import Measure
from benchmarks.report import keep


def rate(value: float) -> Measure:
    return Measure(name="rate", unit="1/s", rounds=(value,))


def test_new_figures_replace_the_old_ones_and_the_notes_on_earlier_runs_stay(tmp_path: Path) -> None:
    path = keep("limit", [rate(1.0)], {"cores": 2}, folder=tmp_path)
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"history": ["a slower machine"]}))

    keep("limit", [rate(2.0)], {"cores": 4}, folder=tmp_path)

    content = json.loads(path.read_bytes())
    assert content["machine"] == {"cores": 4}
    assert [measure["value"] for measure in content["measures"]] == [2.0]
    assert content["history"] == ["a slower machine"]
