"""Latency of live messages alone, and beside a draining backlog of news."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.bench import Bench
from benchmarks.bulk import Backlog
from benchmarks.contender import Contender, running
from benchmarks.live import Live, percentile
from benchmarks.measure import Goal, Measure, ratio, rounded
from benchmarks.memory import TEXT
from benchmarks.stack import stack_under_test
from deploy.local.part import BULK_NICE
from deploy.local.stack import LocalStack
from shared.catalogue import BULK_MODELS, STREAMS
from shared.settings import KafkaSettings

LIVE_PER_S = 20.0
PHASE_S = 30.0
BACKLOG_COUNT = 200_000
_IN_SWING_COUNT = 300
_WARMING_S = 5.0
LIVE_MODELS = STREAMS["messages"].models
NEWS = Contender.of(STREAMS["news"])
GOAL = Goal(at_most=1.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Waits of live customers, ascending, and the backlog's progress meanwhile."""

    alone_ms: Sequence[float]
    beside_ms: Sequence[float]
    drained_per_s: float
    waiting_at_start: int
    waiting_at_end: int
    """Waiting stories when the live load beside the backlog began, and when it ended."""


async def measure(bench: Bench) -> Sequence[Measure]:
    """Return the p99 of live messages beside the backlog over that alone, and the cost to the backlog."""
    equals = await _rounds(bench, NEWS, (), count=1)
    steps_back = await _rounds(bench, replace(NEWS, nice=BULK_NICE), BULK_MODELS, count=bench.rounds)
    drained = [found.drained_per_s for found in equals] * len(steps_back)
    return [
        _slower("live p99 beside 200,000 waiting stories / alone", steps_back, GOAL),
        _slower("the same where bulk work does not step back", equals, Goal()),
        ratio(
            "stories a second: bulk work steps back / does not",
            [found.drained_per_s for found in steps_back],
            drained,
            goal=Goal(),
            facts={"nice": BULK_NICE, "does_not_per_s": rounded(drained[:1])},
        ),
    ]


async def _rounds(bench: Bench, news: Contender, bulk: tuple[str, ...], *, count: int) -> list[Round]:
    """Measure this many rounds, each alone and beside the backlog."""
    async with AsyncExitStack() as exits:
        stack = await exits.enter_async_context(
            stack_under_test(bench, *LIVE_MODELS, *BULK_MODELS, bulk=bulk)
        )
        kafka = KafkaSettings(bootstrap=stack.addresses.kafka_bootstrap)
        live = await exits.enter_async_context(Live.on(kafka, bench.texts))
        backlog = await exits.enter_async_context(Backlog.on(kafka))
        await exits.enter_async_context(running(TEXT, stack, bench.models))
        await live.waits_ms(per_s=LIVE_PER_S, lasting_s=_WARMING_S)
        rounds: list[Round] = []
        for number in range(1, count + 1):
            await backlog.fill_up(BACKLOG_COUNT)
            rounds.append(await _round(bench, stack, live, backlog, news))
            bench.say(f"round {number}: {_told(rounds[-1])}")
    return rounds


async def _round(bench: Bench, stack: LocalStack, live: Live, backlog: Backlog, news: Contender) -> Round:
    clock = asyncio.get_running_loop().time
    alone_ms = await live.waits_ms(per_s=LIVE_PER_S, lasting_s=PHASE_S)
    async with running(news, stack, bench.models):
        await backlog.moving(_IN_SWING_COUNT)
        await backlog.fill_up(BACKLOG_COUNT)
        before, began_s = await backlog.waiting_count(), clock()
        beside_ms = await live.waits_ms(per_s=LIVE_PER_S, lasting_s=PHASE_S)
        after, ended_s = await backlog.waiting_count(), clock()
    return Round(
        alone_ms=alone_ms,
        beside_ms=beside_ms,
        drained_per_s=(before - after) / (ended_s - began_s),
        waiting_at_start=before,
        waiting_at_end=after,
    )


def _told(found: Round) -> str:
    alone, beside = (f"{percentile(waits, 99):.0f} ms" for waits in (found.alone_ms, found.beside_ms))
    return f"p99 alone {alone}, beside the backlog {beside}; {found.drained_per_s:.0f} stories a second"


def _slower(name: str, rounds: Sequence[Round], goal: Goal) -> Measure:
    return ratio(
        name,
        [percentile(found.beside_ms, 99) for found in rounds],
        [percentile(found.alone_ms, 99) for found in rounds],
        goal=goal,
        facts={
            "live_per_s": LIVE_PER_S,
            "seconds": PHASE_S,
            "drained_per_s": rounded(found.drained_per_s for found in rounds),
            "waiting_at_start": [found.waiting_at_start for found in rounds],
            "waiting_at_end": [found.waiting_at_end for found in rounds],
            **_waits([found.alone_ms for found in rounds], "alone"),
            **_waits([found.beside_ms for found in rounds], "beside"),
        },
    )


def _waits(rounds: Sequence[Sequence[float]], when: str) -> dict[str, Any]:
    return {f"{when}_p{at}_ms": rounded(percentile(waits, at) for waits in rounds) for at in (50, 90, 99)}
