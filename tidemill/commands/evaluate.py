"""`tidemill evaluate`: the official test sets through the whole running pipeline."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self
from uuid import UUID

import numpy as np
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from deploy.local.part import PartEvent, PartState
from deploy.local.stack import KafkaKind
from evaluation.metrics import auroc
from shared.events import CustomerMessageAnalyzed, Event, ImageAnalyzed, NewsArticleAnalyzed
from tidemill.cards import read_cards
from tidemill.commands.run import Kafka
from tidemill.connect import Connection
from tidemill.ending import cancelled_by_sigterm
from tidemill.exams import Exam, exams
from tidemill.running import stack_beside
from tidemill.session import Session, session
from tidemill.terminal import ERR, OUT, one_line, show
from tidemill.view import View

TOLERANCE_POINTS = 0.2
PATIENCE_S = 60.0
RESULTS = (CustomerMessageAnalyzed, ImageAnalyzed, NewsArticleAnalyzed)


def command(
    data: Annotated[Path, typer.Option(metavar="DIR", help="Where the data sets are (docs/data.md).")],
    model: Annotated[list[str] | None, typer.Option(help="Only this model; repeat for more.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many rows of each test set.")] = None,
    kafka: Kafka = KafkaKind.MEMORY,
) -> None:
    """Stream the official test sets through everything; one JSON line a figure, with that of the card.

    Exit code 1 when a row got no answer, or a whole set differs from its card by more than 0.2 points.

    \b
    tidemill evaluate --data DIR
    tidemill evaluate --data DIR --model digit --limit 500
    """  # noqa: D301 - \b is click's mark for lines to keep
    chosen = [exam.first(limit) for exam in exams(data, model)]
    results = asyncio.run(_evaluate(chosen, kafka))
    good = [each["unanswered"] == 0 and (limit is not None or _as_carded(each)) for each in results]
    raise typer.Exit(int(not all(good)))


def _as_carded(result: dict[str, Any]) -> bool:
    card_value = result["card_value"]
    return card_value is not None and abs(result["value"] - card_value) <= TOLERANCE_POINTS


async def _evaluate(chosen: Sequence[Exam], kafka: KafkaKind) -> list[dict[str, Any]]:
    carded = _card_values()
    results = []
    desk = Desk()
    with cancelled_by_sigterm(), stack_beside() as publish:
        async with session(View(), desk, kafka=kafka, publish=publish) as running:
            for exam in chosen:
                answers = await _sit(exam, running, desk)
                for result in marks(exam, answers):
                    result["card_value"] = carded.get((exam.model, result["metric"]))
                    OUT.out(json.dumps(result))
                    results.append(result)
    return results


def _card_values() -> dict[tuple[str, str], float]:
    cards = read_cards(Connection.from_environment().models_dir)
    return {(card.model, each.metric): each.value for card in cards for each in card.metrics}


@dataclass(frozen=True, slots=True)
class PipelineOutput:
    """The pipeline's answer to one input."""

    said: Any
    out_of_scope: float | None


async def _sit(exam: Exam, running: Session, desk: "Desk") -> dict[UUID, PipelineOutput]:
    """Return the answers to one exam, by the id of the event."""
    desk.hand_out(exam)
    if await running.play_steadily(exam.sent, patience_s=PATIENCE_S):
        await running.settled(sent_count=desk.handed_out_count, patience_s=PATIENCE_S)
    return desk.answers


def marks(exam: Exam, answers: Mapping[UUID, PipelineOutput]) -> list[dict[str, Any]]:
    """Return the figures of one exam, in percent."""
    given = [answers.get(event.event_id) for event in exam.events]
    said = [answer.said if answer else None for answer in given]
    figures = {**exam.figures(said, exam.expected), **_told_apart(exam, answers)}
    return [
        {
            "model": exam.model,
            "metric": f"{exam.output} {name}",
            "value": round(100.0 * share, 2),
            "card_value": None,
            "n": len(given),
            "unanswered": sum(event.event_id not in answers for event in exam.sent),
        }
        for name, share in figures.items()
    ]


def _told_apart(exam: Exam, answers: Mapping[UUID, PipelineOutput]) -> dict[str, float]:
    """Return how well foreign inputs are told from the others, where all answers say how foreign they are."""
    known, foreign = (
        [answers[event.event_id].out_of_scope if event.event_id in answers else worst for event in events]
        for events, worst in ((exam.events, 1.0), (exam.foreign, 0.0))
    )
    if not foreign or None in known or None in foreign:
        return {}
    return {"out-of-scope AUROC": auroc(-np.array(known, dtype=float), -np.array(foreign, dtype=float))}


class Desk(AbstractContextManager["Desk"]):
    """Collects the answers of the exam that is being sat; shows how far it is."""

    def __init__(self) -> None:
        self.answers: dict[UUID, PipelineOutput] = {}
        self.handed_out_count = 0
        self._exam: Exam | None = None
        self._bar = TaskID(0)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=ERR)

    def __enter__(self) -> Self:
        """Show the bars."""
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave them as they are."""
        self._progress.stop()

    def hand_out(self, exam: Exam) -> None:
        """Begin an exam with no answers."""
        self._exam, self.answers = exam, {}
        self.handed_out_count += len(exam.sent)
        self._bar = self._progress.add_task(f"{exam.model} {exam.output}", total=len(exam.sent))

    def show_event(self, event: Event) -> None:
        """Take the answer in a result of this exam."""
        said = self._exam.answer(event) if self._exam else None
        if said is not None and isinstance(event, RESULTS):
            self.answers[event.cause_id] = PipelineOutput(said, event.decision.out_of_scope)
            self._progress.update(self._bar, completed=len(self.answers))

    def show_part(self, part: PartEvent) -> None:
        """Tell of failures only."""
        if part.state is PartState.FAILED:
            show(one_line(f"{part.part} {part.state} {part.detail}", "red"), ERR)

    async def refresh(self) -> None:
        """Do nothing: the bars draw themselves."""
        await asyncio.Event().wait()
