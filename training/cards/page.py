"""Writer of a model card: a page for people, the figures as JSON, and plots."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

from shared.repository.manifest import CARD_FILES
from training.cards.content import Card
from training.cards.plots import plots
from training.scoring.evaluate import Report

_CAPTIONS = {
    "reliability.svg": "Reliability: on the line, confidence is what it says; large dots are many rows",
    "coverage.svg": "Accuracy of the surest answers, by their share",
    "confusion.svg": "The most frequent mistakes",
    "learning.svg": "Learning curve",
}


def write_card(card: Card, folder: Path) -> None:
    """Write `card.json`, `card.md` and the plots into the folder of a version, in place of older ones.

    All files are written aside first, so an interrupted or failed write leaves the older card.
    """
    drawn = plots(card.reports, card.run.curve) if card.reports else {}
    page, figures = card_markdown(card, list(drawn)), json.dumps(card.as_json(), indent=1) + "\n"
    contents = {**drawn, "card.md": page, "card.json": figures}
    with TemporaryDirectory(dir=folder.parent, prefix=".card.") as aside:
        for name, content in contents.items():
            (Path(aside) / name).write_text(content, encoding="utf-8")
        for name in contents:
            (Path(aside) / name).replace(folder / name)
    for name in set(CARD_FILES) - set(contents):
        (folder / name).unlink(missing_ok=True)


def card_markdown(card: Card, plot_names: Sequence[str]) -> str:
    """Return the content of `card.md`; `plot_names` are the names of the plots beside it."""
    sections = (_head(card), _figures(card), _trust(card), _failures(card), _costs(card), _origin(card))
    lines = [line for section in sections for line in section]
    lines += [line for name in plot_names for line in ("", f"![{_CAPTIONS[name]}]({name})")]
    return "\n".join(lines) + "\n"


def _head(card: Card) -> Iterator[str]:
    yield from (f"# {card.model}, version {card.version}", "")
    if card.facts.warning:
        yield f"**{card.facts.warning}** To train it on rows of your own, put them into the same files"
        yield f"(docs/data.md), tell of them in `DIR/{card.model}.facts.toml` (docs/models.md), and run"
        yield f"`make train MODEL={card.model} DATA=DIR`."
        yield ""
    yield card.facts.task


def _figures(card: Card) -> Iterator[str]:
    if not card.reports:
        return
    yield from ("", "## How good", "")
    yield "| output | accuracy | macro F1 | calibration error | rows | test rows |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for report in card.reports:
        figures = f"{report.accuracy:.2f} % | {report.macro_f1:.2f} % | {report.calibration_error:.2f} %"
        yield f"| {report.output} | {figures} | {report.n:,} | {card.facts.test_data[report.output]} |"
    yield from (
        "",
        "Measured with the file beside this card, on rows that it was not trained with; Limits say where a",
        "choice looked at them. Macro F1 counts rare labels like common ones; the calibration error says how",
        "far confidence and accuracy lie apart.",
    )
    yield from _seeds(card)
    for report in card.reports:
        yield from _spans(report)
        yield from _rounding(report)
        yield from _out_of_scope(report)
    if card.facts.rival:
        yield from ("", card.facts.rival)


def _seeds(card: Card) -> Iterator[str]:
    if not card.run.seeds:
        return
    count = len(card.run.other_seeds) + 1
    yield from (
        "",
        f"| {count} trainings, each with its own seed | mean | from | to |",
        "| --- | --- | --- | --- |",
    )
    for metric, values in card.run.seeds.items():
        yield f"| {metric} | {fmean(values):.2f} % | {min(values):.2f} % | {max(values):.2f} % |"


def _spans(report: Report) -> Iterator[str]:
    if not report.spans:
        return
    yield from (
        "",
        f"{report.output}, whole names, counted when type and both ends are right; the rows above are",
    )
    yield from (
        "single words:",
        "",
        "| type | precision | recall | F1 | names |",
        "| --- | --- | --- | --- | --- |",
    )
    for each in report.spans:
        shares = (f"{100 * share:.2f} %" for share in (each.precision, each.recall, each.f1))
        yield f"| {_cell(each.kind)} | {' | '.join(shares)} | {each.n:,} |"
    if report.respelled:
        yield from ("", "| the same rows, written | F1 of all |", "| --- | --- |")
        yield from (f"| {each.how} | {100 * each.f1:.2f} % |" for each in report.respelled)


def _rounding(report: Report) -> Iterator[str]:
    cost = report.rounding
    if cost is not None:
        before = f"{cost.float_accuracy:.2f} % before its weights were rounded, {report.accuracy:.2f} % after"
        yield from (
            "",
            f"- {report.output}: {before}; both say the same to {cost.agreement:.2f} % of the rows.",
        )


def _out_of_scope(report: Report) -> Iterator[str]:
    told = report.out_of_scope
    if told is not None:
        figures = (
            f"{told.by_confidence:.2f} % by confidence, {told.by_energy:.2f} % by the energy of the logits"
        )
        yield ""
        yield f"- {report.output}: AUROC of test rows against {told.n:,} that no label fits: {figures}."
        if told.refusal is not None:
            kept, caught = told.refusal.kept, told.refusal.caught
            yield f"- {report.output}: refusing above one half keeps {kept:.2f} % and refuses {caught:.2f} %."


def _trust(card: Card) -> Iterator[str]:
    if not card.reports:
        return
    yield from ("", "## What its confidence means", "")
    yield "Confidences are softmax values after one temperature an output, fitted on rows held back."
    for report in card.reports:
        errors = f"{report.uncalibrated_error:.2f} % without it, {report.calibration_error:.2f} % with it"
        yield from ("", f"- {report.output}: temperature {report.temperature}; calibration error {errors}.")
        yield from ("", "| answered by itself | accuracy | from confidence |", "| --- | --- | --- |")
        for each in report.coverage:
            if round(100 * each.coverage) % 10 == 0 and each.coverage >= 0.5:
                yield f"| {100 * each.coverage:.0f} % | {100 * each.accuracy:.2f} % | {each.threshold:.2f} |"


def _failures(card: Card) -> Iterator[str]:
    if not card.reports:
        return
    yield from ("", "## On whom it fails")
    for report in card.reports:
        yield from (
            "",
            f"{report.output}, the weakest labels:",
            "",
            "| label | F1 | rows |",
            "| --- | --- | --- |",
        )
        yield from (f"| {_cell(each.label)} | {100 * each.f1:.1f} % | {each.n} |" for each in report.weakest)
        if report.confused:
            yield from ("", "The most frequent mistakes:", "", "| rows of | called | how many |")
            yield "| --- | --- | --- |"
            yield from (
                f"| {_cell(each.right)} | {_cell(each.said)} | {each.count} of {each.n} |"
                for each in report.confused
            )
        if report.lengths:
            yield from ("", "By length:", "", "| pieces, at most | accuracy | rows |", "| --- | --- | --- |")
            yield from (f"| {each.tokens} | {each.accuracy:.2f} % | {each.n} |" for each in report.lengths)


def _command(card: Card) -> str:
    options = {"--epochs": card.run.epochs, "--encoder": card.run.encoder}
    named = "".join(f" {option} {value}" for option, value in options.items() if value is not None)
    if named:
        return f"`tidemill train {card.model} --data DIR{named}`"
    return f"`make train MODEL={card.model} DATA=DIR`"


def _cell(label: str) -> str:
    """Return a label for a cell of a Markdown table: bars in it are escaped."""
    return label.replace("|", "\\|")


def _costs(card: Card) -> Iterator[str]:
    yield from ("", "## What it costs", "")
    yield f"- Size: {card.run.parameters:,} parameters in {card.size_bytes / 1e6:.1f} MB"
    speed, run = card.speed, card.run
    if speed is not None:
        times = f"{speed.alone_ms:.1f} ms for one row, {speed.rows_per_s:,.0f} rows a second in batches of 32"
        yield f"- Speed on one thread of {speed.processor}: {times}, transport not counted"
    estimate = "" if run.estimated_s is None else f", estimated as {run.estimated_s:.0f} s"
    threads = "" if run.thread_count is None else f", threads: {run.thread_count}"
    yield f"- Training: {run.trained_s:.0f} s{threads}{estimate}"


def _origin(card: Card) -> Iterator[str]:
    facts = card.facts
    yield from ("", "## Where it comes from", "")
    yield f"- Architecture: {facts.architecture}"
    yield f"- Trained on: {facts.data}"
    yield f"- Licence of the data: {facts.license}"
    yield f"- To reproduce: {_command(card)}. Another CPU or another torch may move the figures, the more the"
    yield "  fewer rows there are to train with."
    yield from ("", "## Limits", "")
    yield from (f"- {limit}" for limit in facts.limits)
