"""Rate of a stateful service with its table: the alert service in front of a backlog of analyzed news."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from uuid import uuid4

from benchmarks.bench import Bench
from benchmarks.contender import Contender, Running, running
from benchmarks.measure import Goal, Measure
from benchmarks.stack import stack_under_test
from benchmarks.topics import Results, fill
from deploy.local.samples.news import NewsItem, generate_news
from deploy.local.stack import LocalStack
from shared.bus.kafka.inspector import KafkaInspector
from shared.catalogue import SENTIMENT_ALERTS
from shared.errors import ConfigError
from shared.events import DecisionRecord, NewsArticleAnalyzed, Prediction
from shared.settings import KafkaSettings

NEWS_COUNT = 20_000
_LOOK_EVERY_S = 0.25
_PATIENCE_S = 60.0
_CHANGELOG = SENTIMENT_ALERTS.changelog or ""
_NEGATIVE = {"negative": 0.93, "neutral": 0.08, "positive": 0.03}
_DECISION = DecisionRecord(
    model="news_tone",
    model_version="1",
    preprocessing_hash="0" * 64,
    cached=False,
    queue_ms=1.0,
    infer_ms=2.0,
    total_ms=3.0,
    trace_id="1" * 32,
)


async def measure(bench: Bench) -> Sequence[Measure]:
    """Return the events per second that one process of the alert service works off."""
    alerts = Contender(name="alerts", module=SENTIMENT_ALERTS.module, writes=_CHANGELOG)
    rates: list[float] = []
    async with stack_under_test(bench) as stack:
        kafka = KafkaSettings(bootstrap=stack.addresses.kafka_bootstrap)
        for number in range(1, bench.rounds + 1):
            await fill(kafka, _news(NEWS_COUNT))
            rates.append(await _work_off(alerts, kafka, stack, bench))
            bench.say(f"round {number}: {rates[-1]:.0f} news/s")
    return [
        Measure(
            name="alert service: events per second with its table",
            unit="/s",
            rounds=tuple(rates),
            goal=Goal(at_least=1200),
            facts={"news": NEWS_COUNT, "companies_a_run": len({item.company for item in generate_news()})},
        )
    ]


async def _work_off(alerts: Contender, kafka: KafkaSettings, stack: LocalStack, bench: Bench) -> float:
    """Return the rate: the time between the first and the last row that the service writes into its table."""
    async with AsyncExitStack() as exits:
        rows = await Results.on(kafka, _CHANGELOG)
        exits.push_async_callback(rows.aclose)
        process = await exits.enter_async_context(running(alerts, stack, bench.models))
        await _until_caught_up(kafka, process)
        written = [record.timestamp_ms for record in await rows.read()]
    return NEWS_COUNT / (max(written) - min(written)) * 1000


async def _until_caught_up(kafka: KafkaSettings, process: Running) -> None:
    """Return when the service has committed all news. Raises ConfigError when it ends, or stands still."""
    inspector, loop = KafkaInspector(kafka), asyncio.get_running_loop()
    before, moved_at_s = NEWS_COUNT + 1, loop.time()
    while before:
        process.usage()
        positions = await inspector.positions(SENTIMENT_ALERTS.group, SENTIMENT_ALERTS.input_topics)
        left = sum(at.lag_records for at in positions.values())
        if left < before:
            before, moved_at_s = left, loop.time()
        elif loop.time() - moved_at_s > _PATIENCE_S:
            raise ConfigError(f"no news was worked off for {_PATIENCE_S:.0f} s while {left:,} waited")
        await asyncio.sleep(_LOOK_EVERY_S)


def _news(count: int) -> list[NewsArticleAnalyzed]:
    """Return the sample news again and again, each time about companies of other names."""
    items = generate_news()
    return [_analyzed(items[number % len(items)], run=number // len(items)) for number in range(count)]


def _analyzed(item: NewsItem, *, run: int) -> NewsArticleAnalyzed:
    sure = Prediction(label=item.tone, confidence=0.97, runner_up="something else", margin=0.95)
    return NewsArticleAnalyzed(
        event_id=uuid4(),
        occurred_at=item.occurred_at,
        cause_id=uuid4(),
        source=item.source,
        company=f"{item.company} {run}",
        headline=item.headline,
        published_at=item.occurred_at,
        topic=sure,
        sentiment=sure,
        negative=_NEGATIVE[item.tone],
        decision=_DECISION,
    )
