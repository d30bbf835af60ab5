"""`/v1/articles`: stories about companies."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from services.gateway.accepting.bodies import Article
from services.gateway.guard.caller import Caller, Scope, requires
from services.gateway.routes.event_route import EventRoute
from services.gateway.routes.receiving import BATCH, MANY, ONE, Receiving

Writer = Annotated[Caller, Depends(requires(Scope.ARTICLES_WRITE))]


def router(receiving: Receiving) -> APIRouter:
    """Return the routes of stories."""
    routes = APIRouter(prefix="/v1/articles", tags=["articles"], route_class=EventRoute)

    @routes.post(**ONE)
    async def receive_article(request: Request, by: Writer, article: Article) -> Response:
        """Accept a story: Kafka has it when the answer is 202."""
        return await receiving.one(request, by, article)

    @routes.post(**BATCH)
    async def receive_articles(
        request: Request, by: Writer, articles: Annotated[list[Article], MANY]
    ) -> Response:
        """Accept up to 64 stories: Kafka has all of them when the answer is 202.

        A wrong one stops all.
        """
        return await receiving.many(request, by, articles)

    return routes
