"""docs/seeds.md from the models' cards: `python -m tests.architecture.seeds_page` writes it."""

import json
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean

from deploy.local.paths import MODELS, ROOT
from training.studies.page import table

PAGE = ROOT / "docs" / "seeds.md"
CARDS = sorted(MODELS.glob("*/1/card.json"))
COLUMNS = ("model", "figure", "by seed, the shipped one first", "mean", "range")
HEAD = """# Figures of each model with three seeds

Each model was trained with the recipe's seed and the two seeds that follow: other initial weights, another
order, other held-back rows. All figures are percent, on the same test rows. The model of the first seed
ships, whatever its figures. A training of your own can expect the mean. Some of the other trainings ran on
another kind of processor, which alone changes a figure ([Photos](models.md#photos-variants)). The
[glossary](glossary.md) explains words such as *recipe* and *held-back rows*.

This page is generated from the cards (`python -m tests.architecture.seeds_page`);
`python -m training.studies.seeds MODEL --data DIR` trains the seeds that a card lacks.

"""


def page() -> str:
    """Return the page: a row for each figure of each model that has more than one seed."""
    return f"{HEAD}{table(COLUMNS, (row for path in CARDS for row in _rows(path)))}\n"


def _rows(path: Path) -> Iterator[tuple[str, ...]]:
    card = json.loads(path.read_text(encoding="utf-8"))
    for metric, values in card["run"].get("seeds", {}).items():
        each = ", ".join(f"{value:.2f}" for value in values)
        apart = max(values) - min(values)
        yield card["model"], metric, each, f"{fmean(values):.2f}", f"{apart:.2f}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
