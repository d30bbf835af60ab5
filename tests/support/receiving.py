"""The gateway's routes that take events, on a bus in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from prometheus_client import CollectorRegistry

from services.gateway.accepting.acceptor import Acceptor, Writer
from services.gateway.accepting.metrics import AcceptMetrics
from services.gateway.accepting.settings import AcceptSettings
from services.gateway.accepting.submission import Accept
from services.gateway.api import application
from services.gateway.guard.caller import ANYBODY, Caller
from services.gateway.results.links import Links
from services.gateway.results.metrics import ResultMetrics
from services.gateway.results.receipts import Receipts
from services.gateway.results.recent import RecentAnswers
from services.gateway.results.replying import Replies
from services.gateway.results.store import AnswerStore
from services.gateway.routes import articles, images, messages
from services.gateway.routes.receiving import Receiving
from shared.bus.memory import MemoryBus
from shared.bus.port import Producer
from shared.bus.record import Record
from shared.cache.memory import NullCache
from tests.support.callers import CalledBy

LINKS = Links(b"secret of the tests")


def writer(producer: Producer) -> Writer:
    """Return a writer of events with this producer."""
    return Writer(producer, AcceptMetrics(CollectorRegistry()), publisher="tidemill/gateway")


def acceptor(producer: Producer, **settings: float) -> Acceptor:
    """Return an acceptor that writes with this producer, and knows no keys."""
    return Acceptor(writer(producer).write, AcceptSettings(**settings))


@asynccontextmanager
async def receiving(accept: Accept, *, by: Caller = ANYBODY) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of the routes, who is this caller."""
    replies = Replies(
        RecentAnswers(max_count=10, max_bytes=10_000),
        Receipts(AnswerStore(NullCache()), max_count=10),
        LINKS,
        ResultMetrics(CollectorRegistry()),
    )
    takes = Receiving(accept, replies)
    app = application((messages.router(takes), articles.router(takes), images.router(takes)))
    transport = httpx.ASGITransport(CalledBy(app, by), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield client


def records(bus: MemoryBus, topic: str) -> list[Record]:
    """Return all records of a topic."""
    return [record for partition in bus.partitions(topic) for record in bus.log(partition)]
