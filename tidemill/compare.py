"""Differences between the answers of two text models, judged by the right labels."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.text import Text

from shared.errors import ConfigError
from shared.repository.bundle import ModelBundle, OutputSpec
from tidemill.answers import Said
from tidemill.reading.found import Row
from tidemill.terminal import clean, one_line, percent

_LABEL = "label"


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text, and its right label where it is known."""

    text: str
    right: str | None


@dataclass(frozen=True, slots=True)
class Example:
    """The answers of both models to one text."""

    row: LabelledText
    a: Said
    b: Said

    @property
    def differs(self) -> bool:
        """Whether the labels differ."""
        return self.a.label != self.b.label

    @property
    def verdict(self) -> str:
        """The model that is right, `A`, `B` or `neither`, when they differ; empty without right labels."""
        if self.row.right is None:
            return ""
        return {self.a.label: "A", self.b.label: "B"}.get(self.row.right, "neither")

    def as_json(self) -> dict[str, Any]:
        """Return the example as a JSON object."""
        return {"text": self.row.text, "right": self.row.right, "a": asdict(self.a), "b": asdict(self.b)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Agreement of two models. The counts of right answers are over differing texts with a known label."""

    texts: int
    differing: int
    a_right: int
    b_right: int
    neither_right: int
    a_accuracy: float | None
    """Percent of the texts with a known label; None without any."""

    b_accuracy: float | None

    def as_json(self) -> dict[str, Any]:
        """Return the summary as a JSON object."""
        return {"summary": asdict(self)}

    def sentence(self) -> str:
        """Return the summary as one line."""
        alike = 100.0 * (self.texts - self.differing) / self.texts
        line = f"{self.texts:,} texts: {alike:.2f} % alike, {self.differing:,} differ"
        if self.a_accuracy is None or self.b_accuracy is None:
            return line
        line += f": A is right in {self.a_right}, B in {self.b_right}, neither in {self.neither_right}"
        return f"{line}; accuracy A {self.a_accuracy:.2f} %, B {self.b_accuracy:.2f} %"


def common_output(a: ModelBundle, b: ModelBundle, wanted: str | None) -> str:
    """Return the output to compare: the wanted one, else the first one that both models have.

    Raises ConfigError when one of the models lacks it.
    """
    common = [name for name in a.outputs if name in b.outputs]
    if not common or (wanted is not None and wanted not in common):
        raise ConfigError(
            f"{a.model} answers {', '.join(a.outputs)} and {b.model} {', '.join(b.outputs)}: "
            f"both must have the output {wanted or 'that is compared'}"
        )
    return wanted or common[0]


def labelled_rows(
    rows: Sequence[Row], *, text: str, label: str | None, specs: Sequence[OutputSpec]
) -> list[LabelledText]:
    """Return texts and right labels; a number is a place in the list of labels, if both models share it.

    Raises ConfigError when a column is missing, also from a single row, there are no rows, or no label is one
    of the models'.
    """
    columns = list(rows[0]) if rows else []
    for column, option in ((text, "--text"), (label, "--label")):
        if column is not None and column not in columns:
            has = f"it has {', '.join(columns)}" if columns else "the file has no rows"
            raise ConfigError(f"there is no column {column}; {has}. Name another with {option} COLUMN")
    chosen = label or (_LABEL if _LABEL in columns else None)
    known = {name for spec in specs for name in spec.labels}
    numbered = specs[0].labels if all(spec.labels == specs[0].labels for spec in specs) else ()
    _check_each(rows, text, chosen)
    found = [
        LabelledText(str(row[text]), None if chosen is None else _label(row[chosen], known, numbered))
        for row in rows
    ]
    if chosen is not None and not any(row.right in known for row in found):
        raise ConfigError(
            f"no label in column {chosen} is one of the models'; name another with --label COLUMN"
        )
    return found


def _check_each(rows: Sequence[Row], text: str, label: str | None) -> None:
    for number, row in enumerate(rows, start=1):
        lacking = label if label is not None and label not in row else None
        if row.get(text) is None:  # what a line of a table gives that ends too early
            lacking = text
        if lacking is not None:
            raise ConfigError(f"row {number} has no {lacking}; add it, or take the row out")


def _label(value: object, known: set[str], numbered: Sequence[str]) -> str | None:
    name = str(value or "").strip() if not isinstance(value, int) else str(value)
    if name not in known and name.isdecimal() and int(name) < len(numbered):
        return numbered[int(name)]
    return name or None


def difference_lines(example: Example) -> Iterator[Text]:
    """Yield the lines of an example on which the models differ: the text, and below it both answers."""
    yield one_line(clean(example.row.text))
    answers = (
        f"{name} {percent(said.confidence)} {said.label}"
        for name, said in zip("AB", (example.a, example.b), strict=True)
    )
    right = {"": "", "neither": f"   right: neither, it is {example.row.right}"}
    verdict = right.get(example.verdict, f"   right: {example.verdict}")
    yield one_line(f"  {'   '.join(answers)}{verdict}", "dim")


def summary(examples: Sequence[Example]) -> Summary:
    """Return the agreement of the models over all examples, of which there is at least one."""
    verdicts = [example.verdict for example in examples if example.differs]
    known = [example for example in examples if example.row.right is not None]
    return Summary(
        texts=len(examples),
        differing=len(verdicts),
        a_right=verdicts.count("A"),
        b_right=verdicts.count("B"),
        neither_right=verdicts.count("neither"),
        a_accuracy=_accuracy([example.a.label == example.row.right for example in known]),
        b_accuracy=_accuracy([example.b.label == example.row.right for example in known]),
    )


def _accuracy(right: Sequence[bool]) -> float | None:
    return round(100.0 * sum(right) / len(right), 2) if right else None
