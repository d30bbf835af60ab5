"""Scene of the dashboard: gateway and dashboard over a broker whose topics have something of everything."""

import base64
import io
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from PIL import Image, ImageDraw

from shared.bus.record import Outgoing
from shared.clock import utc_now
from shared.events import (
    CustomerMessageReceived,
    Event,
    Evidence,
    ImageAnalyzed,
    ImageKind,
    ImageReceived,
    Lane,
    NewsArticleAnalyzed,
    Prediction,
    Priority,
    SentimentAlertRaised,
    SupportMessageRouted,
)
from tests.integration.services.service_process import ServiceProcess, publish, running
from tests.support.events import decision

HOSTILE = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">"
RIGHT_TO_LEFT = "\u202eأين بطاقتي؟"
LONG = "Where is my card? " * 1_111
_DECISION = decision("test")


@dataclass(slots=True)
class Scene:
    """A running dashboard, with its gateway."""

    bootstrap: str
    url: str
    dashboard: ServiceProcess
    environment: dict[str, str] = field(default_factory=dict)
    """Settings with which the same dashboard can be started again, on the same port."""

    async def show(self, *events: Event) -> None:
        """Publish events of any topic."""
        await publish(self.bootstrap, [Outgoing(each.name, each.key, each.to_json()) for each in events])


@asynccontextmanager
async def scene(bootstrap: str) -> AsyncIterator[Scene]:
    """Yield the scene, once the dashboard shows it."""
    async with running("gateway", bootstrap) as gateway:
        environment = {"TIDEMILL__GATEWAY_URL": await gateway.web()}
        async with running("dashboard", bootstrap, **environment) as dashboard:
            url = await dashboard.web()
            environment["TIDEMILL__DASHBOARD__PORT"] = url.rpartition(":")[2]
            this = Scene(bootstrap, url, dashboard, environment)
            await this.show(*everything())
            await dashboard.ready()
            yield this


def everything() -> Sequence[Event]:
    """Return events for every page."""
    return [
        *(event for text in ("Where is my card?", HOSTILE, RIGHT_TO_LEFT, LONG) for event in message(text)),
        *_news(),
        *_images(),
    ]


def message(text: str, *, at: datetime | None = None) -> Iterator[Event]:
    """Yield a message, of now or of another time, and its route."""
    received = CustomerMessageReceived(
        event_id=uuid4(), occurred_at=at or utc_now(), conversation_id=f"c-{uuid4().hex[:8]}", text=text
    )
    yield received
    yield SupportMessageRouted(
        event_id=uuid4(),
        occurred_at=received.occurred_at,
        cause_id=uuid4(),
        message_id=received.event_id,
        conversation_id=received.conversation_id,
        text=text,
        lane=Lane.DRAFT,
        queue="cards",
        priority=Priority.NORMAL,
        reply="It is on its way.",
        reason="The model says card_arrival at 61%; not sure enough to answer alone.",
        intent=_prediction("card_arrival", 0.61),
        received_at=received.occurred_at,
        model="support_intent",
        model_version="1",
        out_of_scope=0.4,
    )


def _prediction(label: str, confidence: float) -> Prediction:
    return Prediction(label=label, confidence=confidence, runner_up="lost_or_stolen_card", margin=0.3)


def _news() -> Iterator[Event]:
    stories = [_story(f"Norvale Foods recalls its cereal, part {number}", number) for number in range(6)]
    yield from stories
    yield SentimentAlertRaised(
        event_id=uuid4(),
        occurred_at=stories[-1].occurred_at,
        cause_id=stories[-1].event_id,
        alert_id=uuid4(),
        company="Norvale Foods",
        topic="Legal | Regulation",
        negative_mean=0.8,
        story_count=6,
        negative_count=5,
        window_start=stories[0].occurred_at,
        window_end=stories[-1].occurred_at,
        evidence=tuple(
            Evidence(
                article_id=each.cause_id,
                headline=each.headline,
                source=each.source,
                published_at=each.published_at,
                negative=each.negative,
                reprint_count=1,
            )
            for each in stories[:3]
        ),
    )


def _story(headline: str, hours: int) -> NewsArticleAnalyzed:
    published_at = utc_now() - timedelta(hours=8 - hours)
    return NewsArticleAnalyzed(
        event_id=uuid4(),
        occurred_at=published_at,
        cause_id=uuid4(),
        source="The Ledger Desk",
        company="Norvale Foods",
        headline=headline,
        published_at=published_at,
        topic=_prediction("Legal | Regulation", 0.9),
        sentiment=_prediction("Bearish", 0.88),
        negative=0.88,
        decision=_DECISION,
    )


def _images() -> Iterator[Event]:
    for number, confidence in enumerate((0.99, 0.41)):
        received = ImageReceived(
            event_id=uuid4(),
            occurred_at=utc_now(),
            case_id=f"case-{number}",
            kind=ImageKind.DIGIT,
            content=base64.b64encode(_digit(str(number))),
        )
        yield received
        yield ImageAnalyzed(
            event_id=uuid4(),
            occurred_at=received.occurred_at,
            cause_id=received.event_id,
            case_id=received.case_id,
            kind=received.kind,
            label=_prediction(str(number), confidence),
            decision=_DECISION,
        )


def _digit(text: str) -> bytes:
    image, target = Image.new("L", (28, 28)), io.BytesIO()
    ImageDraw.Draw(image).text((10, 8), text, fill=255)
    image.save(target, "PNG")
    return target.getvalue()
