"""`/v1/corrections`: right answers to results, by people."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, status
from fastapi.responses import StreamingResponse

from services.gateway.corrections.bodies import (
    ArticleCorrection,
    Corrected,
    Format,
    ImageCorrection,
    Kind,
    MessageCorrection,
)
from services.gateway.corrections.corrector import Corrector
from services.gateway.guard.caller import Caller, Scope, requires
from services.gateway.openapi import problems
from services.gateway.problems import Kind as Problems
from shared.corrections.export import csv_lines, json_lines
from shared.events import ImageCorrected, NewsArticleCorrected, SupportMessageCorrected

Writer = Annotated[Caller, Depends(requires(Scope.CORRECTIONS_WRITE))]
Reader = Annotated[Caller, Depends(requires(Scope.RESULTS_ALL, Scope.TEXT_READ))]

_TOPICS = {
    Kind.MESSAGES: SupportMessageCorrected.name,
    Kind.ARTICLES: NewsArticleCorrected.name,
    Kind.IMAGES: ImageCorrected.name,
}
_MEDIA_TYPES = {Format.JSONL: "application/jsonl", Format.CSV: "text/csv"}
_CHUNK_LINES = 200
_NO_RESULT = problems(Problems.NOT_FOUND)


def router(corrector: Corrector) -> APIRouter:
    """Return the routes of corrections."""
    routes = APIRouter(prefix="/v1/corrections", tags=["corrections"])

    @routes.post("/messages", status_code=status.HTTP_202_ACCEPTED, responses=_NO_RESULT)
    async def correct_message(body: MessageCorrection, caller: Writer) -> Corrected:
        """Accept the right intent, sentiment, lane or queue of a message: Kafka has it at 202."""
        return await corrector.correct_message(body, caller)

    @routes.post("/articles", status_code=status.HTTP_202_ACCEPTED, responses=_NO_RESULT)
    async def correct_article(body: ArticleCorrection, caller: Writer) -> Corrected:
        """Accept the right sentiment or topic of a story: Kafka has it at 202."""
        return await corrector.correct_article(body, caller)

    @routes.post("/images", status_code=status.HTTP_202_ACCEPTED, responses=_NO_RESULT)
    async def correct_image(body: ImageCorrection, caller: Writer) -> Corrected:
        """Accept the right label of an image: Kafka has it at 202."""
        return await corrector.correct_image(body, caller)

    _add_export(routes, corrector)
    return routes


def _add_export(routes: APIRouter, corrector: Corrector) -> None:
    described: dict[str, Any] = {each: {} for each in _MEDIA_TYPES.values()}

    @routes.get("", response_class=StreamingResponse, responses={200: {"content": described}})
    async def export_corrections(
        caller: Reader,
        *,
        kind: Kind | None = None,
        training: bool = False,
        as_: Annotated[Format, Query(alias="format")] = Format.JSONL,
    ) -> StreamingResponse:
        """Export the newest correction of each result; `training` leaves out those without a name.

        JSON Lines have an event a line; CSV has a line for each corrected field.
        """
        del caller
        book = await corrector.follower.current()
        found = book.all(topic=_TOPICS.get(kind) if kind else None, for_training=training)
        lines = csv_lines(found) if as_ is Format.CSV else json_lines(found)
        headers = {"Content-Disposition": f'attachment; filename="corrections.{as_}"'}
        return StreamingResponse(_chunks(lines), media_type=_MEDIA_TYPES[as_], headers=headers)


def _chunks(lines: Iterator[str]) -> Iterator[str]:
    """Yield the lines, many at a time."""
    chunk: list[str] = []
    for line in lines:
        chunk.append(line)
        if len(chunk) == _CHUNK_LINES:
            yield "".join(chunk)
            chunk.clear()
    yield "".join(chunk)
