"""Page of the compression study: table, goals and plot."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from training.cards.plots import trade_off
from training.studies.measure import Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Conditions of the measurement: command, rows, epochs, seed and machine."""

    command: str
    rows: int
    epochs: int
    seed: int
    processor: str
    onnxruntime: str


@dataclass(frozen=True, slots=True)
class BoundCheck:
    """A figure, its bound, and whether it keeps the bound."""

    name: str
    value: float
    bound: float
    at_least: bool

    @property
    def verdict(self) -> str:
        """Return `pass` or `MISSED`."""
        kept = self.value >= self.bound if self.at_least else self.value <= self.bound
        return "pass" if kept else "MISSED"

    def row(self) -> str:
        """Return the goal as a line of a Markdown table."""
        sign = "≥" if self.at_least else "≤"
        return f"| {self.name} | {self.value:.2f} | {sign} {self.bound:g} | {self.verdict} |"


def goals_of(rows: Sequence[Measured]) -> list[BoundCheck]:
    """Return the goals of the files `int8` and `student, int8` relative to `fp32`."""
    by_name = {row.name: row for row in rows}
    plain, int8, student = by_name["fp32"], by_name["int8"], by_name["student, int8"]
    return [
        BoundCheck(
            "student, int8: speed relative to fp32", student.rows_per_s / plain.rows_per_s, 3.0, at_least=True
        ),
        BoundCheck(
            "student, int8: % of the size of fp32",
            100.0 * student.size_bytes / plain.size_bytes,
            40.0,
            at_least=False,
        ),
        BoundCheck(
            "student, int8: points of accuracy lost", plain.accuracy - student.accuracy, 2.0, at_least=False
        ),
        BoundCheck("int8: speed relative to fp32", int8.rows_per_s / plain.rows_per_s, 1.4, at_least=True),
        BoundCheck("int8: % agreement", int8.agreement, 99.0, at_least=True),
    ]


def table(rows: Sequence[Measured]) -> str:
    """Return a Markdown table; speed and size also as multiples of the first row's."""
    plain = rows[0]
    head = "| file | accuracy, % | agreement with fp32, % | MB | rows/s | alone, ms | peak memory, MB |"
    lines = [
        f"| {row.name} | {row.accuracy:.2f} | {row.agreement:.2f} "
        f"| {row.size_bytes / 1e6:.1f} ({100.0 * row.size_bytes / plain.size_bytes:.0f} %) "
        f"| {row.rows_per_s:,.0f} ({row.rows_per_s / plain.rows_per_s:.2f} x) "
        f"| {row.alone_ms:.2f} | {row.peak_bytes / 1e6:.0f} |"
        for row in rows
    ]
    return "\n".join((head, "| --- |" + 6 * " ---: |", *lines))


def image(rows: Sequence[Measured]) -> str:
    """Return the plot of accuracy over speed as SVG."""
    return trade_off({row.name: (row.rows_per_s, row.accuracy) for row in rows})


def page(rows: Sequence[Measured], setting: Setting) -> str:
    """Return the page as Markdown."""
    goals = "\n".join(goal.row() for goal in goals_of(rows))
    return _PAGE.format(table=table(rows), goals=goals, **asdict(setting))


_PAGE = """\
# Compression of support_intent: gain and cost

Written by `{command}`;
the figures are also in `benchmarks/results/compression.json`.

support_intent (MiniLM, 6 layers, 77 labels) on the {rows:,} test questions of banking77, trained for
this page in {epochs} epochs with seed {seed}. {processor}, onnxruntime {onnxruntime}, one thread.

All files were measured in one process in alternating rounds, with batches of 32 texts of similar length as
the stream workers send them. Seconds are CPU seconds of the computing thread. `alone` is the time of a batch
of one text. The peak is that of a process that loads the file and answers the same batches, the engine
included. Sizes are those of the ONNX file.

{table}

- `fp32`: the whole vocabulary of 30,522 pieces, all numbers float32.
- `int8`: the same with one byte per value in tables and large products (`training/shrinking/compress.py`).
- `vocabulary cut`: without the pieces that no training text needs.
- `pruned`: two thirds of the heads and half of the neurons of each layer. The removed ones had the smallest
  gradient at a gate of their own (Michel et al. 2019, McCarley 2019). The matrices get smaller; zeros would
  save nothing.
- `student`: layers 1, 3 and 6 of the trained network. It learned the network's answers to the training
  questions and to unlabelled questions to other firms (Hinton et al. 2015, Sanh et al. 2019).

![Accuracy against speed](compression.svg)

## Goals

| goal | measured | bound | |
| --- | ---: | ---: | --- |
{goals}
"""
