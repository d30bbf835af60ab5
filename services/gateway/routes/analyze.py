"""`/v1/analyze`: intent, sentiment, tone and names of texts, answered by the models in the same call."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.direct.analyses import Analysis
from services.gateway.direct.answers import Classified, Named, Sentiment, Tone
from services.gateway.direct.direct import Direct
from services.gateway.direct.reply import Many, reply, trace_id
from services.gateway.direct.texts import Texts
from services.gateway.guard.caller import Caller, Scope, requires
from services.gateway.guard.visit import charge
from services.gateway.openapi import problems
from services.gateway.problems import Kind
from services.gateway.routes.media_types import media_type, unsupported

Allowed = Annotated[Caller, Depends(requires(Scope.ANALYZE))]


def router(direct: Direct) -> APIRouter:
    """Return the routes of analyses of texts."""
    routes = APIRouter(prefix="/v1/analyze", tags=["models"], dependencies=[Depends(_only_json)])

    def add(path: str, analysis: Analysis[Any], answer: Any, summary: str) -> None:
        async def analyze(request: Request, texts: Texts, caller: Allowed) -> Response:
            del caller
            await charge(request, len(texts.all))
            answers = await direct.ask(analysis, texts.all, trace_id=trace_id(request))
            return reply(answers, is_one=texts.is_one)

        routes.add_api_route(
            path,
            analyze,
            methods=["POST"],
            response_model=answer,
            summary=summary,
            operation_id=f"analyze_{path.strip('/')}",
            responses=problems(Kind.TOO_LATE),
        )

    analyses = direct.analyses
    add("/intent", analyses.intent, Classified | Many[Classified], "Intent of customer messages")
    add("/sentiment", analyses.sentiment, Sentiment | Many[Sentiment], "Sentiment of reviews")
    add("/tone", analyses.tone, Tone | Many[Tone], "Tone and topic of news")
    add("/entities", analyses.entities, Named | Many[Named], "Persons, organisations and places in news")
    return routes


def _only_json(request: Request) -> None:
    # Python's own parser reads the body: half a character spoils one text, where JsonRoute refuses them all.
    if media_type(request) != "application/json":
        raise unsupported("application/json")
