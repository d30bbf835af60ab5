"""Rate of a stateful service with its table: the alert service in front of a backlog of analyzed news."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
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
_LOOK_EVERY_S = 1.0
"""Each look connects anew, which takes CPU time from the service."""

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


@dataclass(frozen=True, slots=True)
class _Run:
    """One backlog worked off."""

    rate_per_s: float
    cpu_us: float
    """CPU time of the process for one event."""


@dataclass(frozen=True, slots=True)
class _Look:
    """The progress at one moment."""

    left_count: int
    cpu_s: float


async def measure(bench: Bench) -> Sequence[Measure]:
    """Return rate and CPU time of one process of the alert service."""
    alerts = Contender(name="alerts", module=SENTIMENT_ALERTS.module, writes=_CHANGELOG)
    runs: list[_Run] = []
    async with stack_under_test(bench) as stack:
        kafka = KafkaSettings(bootstrap=stack.addresses.kafka_bootstrap)
        for number in range(1, bench.rounds + 1):
            await fill(kafka, _news(NEWS_COUNT))
            runs.append(await _work_off(alerts, kafka, stack, bench))
            bench.say(f"round {number}: {runs[-1].rate_per_s:.0f} news/s, {runs[-1].cpu_us:.0f} us each")
    facts = {"news": NEWS_COUNT, "companies_a_run": len({item.company for item in generate_news()})}
    name = "alert service with its table"
    rates, costs = tuple(run.rate_per_s for run in runs), tuple(run.cpu_us for run in runs)
    return [
        Measure(name=f"{name}: events", unit="/s", rounds=rates, goal=Goal(at_least=1200), facts=facts),
        Measure(name=f"{name}: CPU of its process per event", unit="us", rounds=costs, facts=facts),
    ]


async def _work_off(alerts: Contender, kafka: KafkaSettings, stack: LocalStack, bench: Bench) -> _Run:
    """Return the rate from the first to the last row that the service writes into its table."""
    async with AsyncExitStack() as exits:
        rows = await Results.on(kafka, _CHANGELOG)
        exits.push_async_callback(rows.aclose)
        process = await exits.enter_async_context(running(alerts, stack, bench.models))
        looks = await _until_caught_up(kafka, process)
        written = [record.timestamp_ms for record in await rows.read()]
    swing = [look for look in looks if look.left_count < NEWS_COUNT]
    done_count = swing[0].left_count - swing[-1].left_count
    cpu_us = (swing[-1].cpu_s - swing[0].cpu_s) / max(1, done_count) * 1e6
    return _Run(NEWS_COUNT / (max(written) - min(written)) * 1000, cpu_us)


async def _until_caught_up(kafka: KafkaSettings, process: Running) -> list[_Look]:
    """Return looks until the service has committed all news.

    Raises ConfigError when it ends, or stands still.
    """
    inspector, loop = KafkaInspector(kafka), asyncio.get_running_loop()
    looks, moved_at_s = [_Look(NEWS_COUNT + 1, 0.0)], loop.time()
    while looks[-1].left_count:
        await asyncio.sleep(_LOOK_EVERY_S)
        positions = await inspector.positions(SENTIMENT_ALERTS.group, SENTIMENT_ALERTS.input_topics)
        look = _Look(sum(at.lag_records for at in positions.values()), process.usage().cpu_s)
        if look.left_count < looks[-1].left_count:
            moved_at_s = loop.time()
        elif loop.time() - moved_at_s > _PATIENCE_S:
            raise ConfigError(f"no news was worked off for {_PATIENCE_S:.0f} s, {look.left_count:,} waited")
        looks.append(look)
    return looks


def _news(count: int) -> list[NewsArticleAnalyzed]:
    """Return the sample news again and again, each time about companies that no run had before."""
    items, run = generate_news(), uuid4().hex[:8]
    return [
        _analyzed(items[number % len(items)], run=f"{run} {number // len(items)}") for number in range(count)
    ]


def _analyzed(item: NewsItem, *, run: str) -> NewsArticleAnalyzed:
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
