"""docs/seeds.md from the models' cards: `python -m tests.architecture.seeds_page` writes it."""

import json
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean

from deploy.local.paths import MODELS, ROOT
from training.studies.page import table

PAGE = ROOT / "docs" / "seeds.md"
CARDS = sorted(MODELS.glob("*/1/card.json"))
COLUMNS = ("model", "figure", "each seed, the one that ships first", "mean", "largest less smallest")
HEAD = """# How much of a figure is chance

Each model was trained again with the seeds that follow its own: other first weights, another order, other
rows held back. All figures are percent of the same test rows. What ships is of the first seed, by rule and
not for its figures; take the mean for what a training of your own will bring. Some of the others were
trained on another kind of processor, which alone moves a figure
([Photos](models.md#photos-what-was-tried)).

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
