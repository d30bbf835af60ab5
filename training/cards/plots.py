"""Plots of a card as SVG: equal figures give equal bytes."""

import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure

from training.fitting.progress import Epoch
from training.scoring.evaluate import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MAIN, _OTHER, _GUIDE = "#1f6f8b", "#d1495b", "#999999"
_PANEL_INCHES = (4.2, 3.2)
_LONGEST_NAME = 28


def plots(reports: Sequence[Report], curve: Sequence[Epoch]) -> dict[str, str]:
    """Return the SVG text of each plot by file name; a plot without data is left out."""
    found = {
        "reliability.svg": _panels(reports, _reliability),
        "coverage.svg": _panels(reports, _coverage),
    }
    mistaken = [report for report in reports if report.confused]
    if mistaken:
        found["confusion.svg"] = _panels(mistaken, _confusion)
    if curve:
        found["learning.svg"] = _learning(curve)
    return found


def trade_off(points: Mapping[str, tuple[float, float]]) -> str:
    """Return the SVG text of accuracy in percent over rows per second (log axis), by name."""
    with _style():
        figure = _figure(1)
        axes = figure.add_subplot()
        for name, (rows_per_s, accuracy) in points.items():
            axes.scatter(rows_per_s, accuracy, color=_MAIN)
            axes.annotate(name, (rows_per_s, accuracy), xytext=(0, 5), textcoords="offset points", fontsize=7)
        axes.set(xscale="log", xlabel="rows a second, one thread", ylabel="accuracy, %")
        axes.margins(x=0.25, y=0.15)
        return _svg(figure)


def _panels(reports: Sequence[Report], draw: Callable[["Axes", Report], None]) -> str:
    """Return a plot with one panel per output."""
    with _style():
        figure = _figure(len(reports))
        for number, report in enumerate(reports, start=1):
            axes = figure.add_subplot(1, len(reports), number)
            draw(axes, report)
            axes.set_title(report.output)
        return _svg(figure)


def _reliability(axes: "Axes", report: Report) -> None:
    widest = max(each.n for each in report.bins)
    axes.plot([0, 1], [0, 1], color=_GUIDE, linewidth=0.8)
    axes.scatter(
        [each.confidence for each in report.bins],
        [each.accuracy for each in report.bins],
        s=[10.0 + 90.0 * each.n / widest for each in report.bins],
        color=_MAIN,
    )
    axes.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="confidence", ylabel="accuracy")


def _coverage(axes: "Axes", report: Report) -> None:
    axes.plot(
        [100 * each.coverage for each in report.coverage],
        [100 * each.accuracy for each in report.coverage],
        color=_MAIN,
    )
    axes.set(xlim=(0, 101), xlabel="the surest ... % of the answers", ylabel="accuracy, %")


def _confusion(axes: "Axes", report: Report) -> None:
    shown = list(reversed(report.confused))
    names = [f"{_short(each.right)}\n called {_short(each.said)}" for each in shown]
    axes.barh(range(len(shown)), [each.count for each in shown], color=_OTHER, height=0.6)
    axes.set_yticks(range(len(shown)), names, fontsize=6)
    axes.set(xlabel="test rows")


def _learning(curve: Sequence[Epoch]) -> str:
    with _style():
        figure = _figure(1)
        axes = figure.add_subplot()
        epochs = [each.number for each in curve]
        axes.plot(epochs, [each.loss for each in curve], color=_OTHER, marker=".")
        axes.set(xlabel="epoch")
        axes.set_ylabel("training loss", color=_OTHER)
        held_back = [(each.number, each.accuracy) for each in curve if each.accuracy is not None]
        if held_back:
            right = axes.twinx()
            right.plot(*zip(*held_back, strict=True), color=_MAIN, marker=".")
            right.set_ylabel("accuracy on held-back rows, %", color=_MAIN)
        return _svg(figure)


def _style() -> AbstractContextManager[None]:
    return mpl.rc_context(
        {
            "svg.hashsalt": "tidemill",  # else the ids inside an SVG are random
            "svg.fonttype": "none",  # letters stay letters: a tenth of the size, and they can be searched
            "text.parse_math": False,  # a dollar in a label is a dollar
            "font.size": 9.0,
            "axes.spines.top": False,
            "axes.spines.right": False,
        }
    )


def _figure(panels: int) -> Figure:
    width, height = _PANEL_INCHES
    return Figure(figsize=(width * panels, height), layout="constrained")


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    metadata: Mapping[str, None] = {"Date": None, "Creator": None}
    figure.savefig(buffer, format="svg", metadata=metadata)
    # matplotlib ends some lines with blanks.
    return "".join(f"{line.rstrip()}\n" for line in buffer.getvalue().splitlines())


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 3]}..."
