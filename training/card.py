"""The card of a model: what it is, how good it is, and where it ends."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from training.evaluate import Accuracy
from training.job import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """All that `card.json` and `card.md` say."""

    model: str
    version: str
    metrics: Sequence[Accuracy]
    facts: Facts
    parameters: int
    size_bytes: int
    sha256: Mapping[str, str]
    trained_s: float

    def as_json(self) -> dict[str, Any]:
        """Return the content of `card.json`."""
        metrics = [
            {
                "metric": f"{metric.output} accuracy",
                "value": metric.percent,
                "n": metric.n,
                "data": self.facts.test_data[metric.output],
            }
            for metric in self.metrics
        ]
        fields = {name: value for name, value in asdict(self).items() if name not in {"facts", "metrics"}}
        return {**fields, "data": self.facts.data, "license": self.facts.license, "metrics": metrics}


def card_markdown(card: Card) -> str:
    """Return the content of `card.md`."""
    facts = card.facts
    metrics = [
        f"| {metric.output} | {metric.percent:.2f} % | {metric.n} | {facts.test_data[metric.output]} |"
        for metric in card.metrics
    ]
    size = f"{card.parameters:,} parameters in {card.size_bytes / 1e6:.1f} MB"
    lines = [
        f"# {card.model}, version {card.version}",
        "",
        *((f"**{facts.warning}**", "") if facts.warning else ()),
        facts.task,
        "",
        *(("| output | accuracy | rows | test rows |", "| --- | --- | --- | --- |") if metrics else ()),
        *metrics,
        *(("",) if metrics else ()),
        f"- Architecture: {facts.architecture}",
        f"- Size: {size}; trained for {card.trained_s:.0f} s on two shared CPU cores",
        f"- Trained on: {facts.data}",
        f"- Licence of the data: {facts.license}",
        "",
        "The figures are those of the file beside this card (already compressed), on test rows that no",
        "choice was made with. Confidences are softmax values after one temperature an output, fitted on",
        "rows held back from the training.",
        "",
        "Limits:",
        "",
        *(f"- {limit}" for limit in facts.limits),
        "",
        f"To reproduce: `make train MODEL={card.model} DATA=<folder of docs/data.md>`. Seeds are fixed;",
        "another CPU or another torch may move the figures by a few tenths.",
    ]
    return "\n".join(lines) + "\n"
