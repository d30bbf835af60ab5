"""docs/seeds.md from the models' cards: `python -m tests.architecture.seeds_page` writes it."""

import json
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "seeds.md"
CARDS = sorted((ROOT / "triton_models").glob("*/1/card.json"))
HEAD = """# How much of a figure is chance

Each model was trained again with the seeds that follow its own: other first weights, another order, other
rows held back. All figures are percent of the same test rows. What ships is of the first seed, by rule and
not for its figures; take the mean for what a training of your own will bring. Some of the others were
trained on another kind of processor, which alone moves a figure
([Photos](models.md#photos-what-was-tried)).

This page is generated from the cards (`python -m tests.architecture.seeds_page`);
`python -m training.studies.seeds MODEL --data DIR` trains the seeds that a card lacks.

| model | figure | each seed, the one that ships first | mean | largest less smallest |
| --- | --- | --- | --- | --- |
"""


def page() -> str:
    """Return the page: a row for each figure of each model that has more than one seed."""
    return HEAD + "".join(f"{row}\n" for path in CARDS for row in _rows(path))


def _rows(path: Path) -> Iterator[str]:
    card = json.loads(path.read_text(encoding="utf-8"))
    for metric, values in card["run"].get("seeds", {}).items():
        each = ", ".join(f"{value:.2f}" for value in values)
        apart = max(values) - min(values)
        yield f"| {card['model']} | {metric} | {each} | {fmean(values):.2f} | {apart:.2f} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
