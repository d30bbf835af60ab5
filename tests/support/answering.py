"""Services that answer messages without a model: an analysis and a route for each, or a dead letter."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry

from shared.bus.kafka.bus import KafkaBus
from shared.bus.limits import StreamLimits
from shared.bus.metrics import StreamMetrics
from shared.bus.port import Handler, Outcome
from shared.bus.received import Received
from shared.bus.stream import Source, Stream
from shared.catalogue import STREAMS, SUPPORT_BOT, Service
from shared.errors import RejectedError
from shared.events import (
    Channel,
    CustomerMessageAnalyzed,
    CustomerMessageReceived,
    Lane,
    Prediction,
    Priority,
    SupportMessageRouted,
)
from shared.reasons import Reason
from shared.settings import KafkaSettings
from tests.support.events import decision

REFUSED_TEXT = "refuse this"
INTENT = Prediction(label="card_arrival", confidence=0.9, runner_up="card_linking", margin=0.8)


class Analyst:
    """Analyzes messages; refuses those with `REFUSED_TEXT`."""

    async def handle(self, received: Sequence[Received[CustomerMessageReceived]]) -> Sequence[Outcome]:
        """Return an analysis for each message."""
        return [_analyzed(each.event) for each in received]


class Router:
    """Routes analyzed messages."""

    async def handle(self, received: Sequence[Received[CustomerMessageAnalyzed]]) -> Sequence[Outcome]:
        """Return a route for each message."""
        return [[_routed(each.event)] for each in received]


def _analyzed(message: CustomerMessageReceived) -> Outcome:
    if message.text == REFUSED_TEXT:
        return RejectedError(Reason.MODEL_REFUSED, "the model refuses it")
    analyzed = CustomerMessageAnalyzed(
        event_id=message.child_id(CustomerMessageAnalyzed),
        occurred_at=message.occurred_at,
        cause_id=message.event_id,
        conversation_id=message.conversation_id,
        channel=message.channel,
        text=message.text,
        intent=INTENT,
        decision=decision("support_intent"),
    )
    return [analyzed]


def _routed(analyzed: CustomerMessageAnalyzed) -> SupportMessageRouted:
    return SupportMessageRouted(
        event_id=analyzed.child_id(SupportMessageRouted),
        occurred_at=analyzed.occurred_at,
        cause_id=analyzed.event_id,
        message_id=analyzed.cause_id,
        conversation_id=analyzed.conversation_id,
        text=analyzed.text,
        lane=Lane.HUMAN,
        queue="cards",
        priority=Priority.NORMAL,
        reply=None,
        reason="a test",
        intent=analyzed.intent,
        received_at=analyzed.occurred_at,
        channel=Channel.CHAT,
    )


@asynccontextmanager
async def answering(kafka: KafkaSettings) -> AsyncIterator[None]:
    """Answer messages while the body runs, as the groups of the real services."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for service, handler in ((STREAMS["messages"], Analyst()), (SUPPORT_BOT, Router())):
            tasks.create_task(_stream(kafka, service, handler).run(stop))
        yield
        stop.set()


def _stream(
    kafka: KafkaSettings,
    service: Service,
    handler: Handler[CustomerMessageReceived] | Handler[CustomerMessageAnalyzed],
) -> Stream:
    source = Source(reads=service.inputs, group=service.group, publisher=service.publisher)
    metrics = StreamMetrics(CollectorRegistry())
    return Stream(KafkaBus(kafka), source, handler, limits=StreamLimits(), metrics=metrics)
