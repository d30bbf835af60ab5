"""The services of a full Tidemill: how each starts, what it reads, as which group."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import aiohttp

from shared.bus.kafka.reader import KafkaInspector
from shared.settings import KafkaSettings

_LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class Service:
    """One process."""

    name: str
    module: str
    reads: str
    env: Mapping[str, str] = field(default_factory=dict)
    bulk_models: tuple[str, ...] = ()
    """Of a service for whose results nobody waits: its models, which step back as it does itself."""

    @property
    def group(self) -> str:
        """Return the consumer group that its offsets are committed for."""
        return f"tidemill-{self.name}"


SERVICES = (
    Service(
        "inference-messages",
        "services.inference",
        "customer.message_received.v1",
        {"TIDEMILL__STREAM": "messages"},
    ),
    Service(
        "inference-news",
        "services.inference",
        "news.article_published.v1",
        {"TIDEMILL__STREAM": "news"},
        bulk_models=("news_tone", "entities"),
    ),
    Service("inference-images", "services.inference", "image.received.v1", {"TIDEMILL__STREAM": "images"}),
    Service("support-bot", "services.support_bot", "customer.message_analyzed.v1"),
    Service("sentiment-alerts", "services.sentiment_alerts", "news.article_analyzed.v1"),
)

BULK_MODELS = tuple(model for service in SERVICES for model in service.bulk_models)


async def caught_up(kafka: KafkaSettings, services: Iterable[Service] = SERVICES) -> bool:
    """Return whether these services have read, and committed, all that is on their topics.

    Raises RetryableError when the broker can't be reached.
    """
    inspector = KafkaInspector(kafka)
    found = [await inspector.positions(service.group, [service.reads]) for service in services]
    return all(at.lag_records == 0 for positions in found for at in positions.values())


async def read_up(kafka: KafkaSettings, topic: str) -> None:
    """Return when the services have read all of a topic."""
    readers = [service for service in SERVICES if service.reads == topic]
    while not await caught_up(kafka, readers):  # noqa: ASYNC110 - the broker must be asked, it never tells
        await asyncio.sleep(_LOOK_EVERY_S)


@dataclass(frozen=True, slots=True)
class Question:
    """A health endpoint as a probe."""

    url: str
    timeout_s: float = 2.0

    async def __call__(self) -> None:
        """Return when the answer is yes; raise OSError with the service's own words when it is no."""
        timeout = aiohttp.ClientTimeout(total=self.timeout_s)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(self.url) as answer:
            if answer.status != 200:
                raise ConnectionError((await answer.json()).get("why") or f"HTTP {answer.status}")
