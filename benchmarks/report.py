"""Table of the figures, and their JSON files."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from benchmarks.measure import Measure, Verdict

RESULTS = Path(__file__).with_name("results")


def table(measures: Sequence[Measure]) -> Table:
    """Return goal, figure and verdict, one line per measure."""
    shown = Table("measure", "goal", "measured", "rounds", "", title="Benchmarks", title_justify="left")
    for measure in measures:
        rounds = ", ".join(f"{value:.3g}" for value in measure.rounds) if len(measure.rounds) > 1 else ""
        style = "red" if measure.verdict is Verdict.MISSED else ""
        figure = f"{measure.value:.3g} {measure.unit}"
        shown.add_row(measure.name, str(measure.goal), figure, rounds, measure.verdict, style=style)
    return shown


def keep(
    question: str, measures: Sequence[Measure], machine: Mapping[str, Any], *, folder: Path = RESULTS
) -> Path:
    """Write the figures of one question to its JSON file in place of the last ones; return the file.

    `history`, the notes that people wrote there on earlier runs, stays.
    """
    folder.mkdir(exist_ok=True)
    path = folder / f"{question}.json"
    old = json.loads(path.read_bytes()) if path.is_file() else {}
    history = {"history": old["history"]} if "history" in old else {}
    written = {"machine": machine, "measures": [_plain(measure) for measure in measures], **history}
    path.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    return path


def _plain(measure: Measure) -> dict[str, Any]:
    return {
        "name": measure.name,
        "value": round(measure.value, 4),
        "unit": measure.unit,
        "goal": str(measure.goal),
        "verdict": measure.verdict,
        "rounds": [round(value, 4) for value in measure.rounds],
        "facts": dict(measure.facts),
    }
