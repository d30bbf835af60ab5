"""Rate of direct calls with 64 texts each, against the rate of the stream for the same texts."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.bench import Bench
from benchmarks.contender import Contender
from benchmarks.cpu import all_cpu_s
from benchmarks.http_load import http_load
from benchmarks.measure import Goal, Measure, ratio, rounded
from benchmarks.stack import stack_under_test
from benchmarks.stream_run import StreamRun, work_off
from benchmarks.texts import so_many
from benchmarks.topics import messages
from benchmarks.web_contender import GATEWAY, web_process
from deploy.local.stack import LocalStack
from shared.catalogue import STREAMS

TEXTS_COUNT = 6_400
TEXTS_A_CALL = 64
CALLS_AT_A_TIME = 8
"""As many texts as the stream has records in flight."""

STREAM = Contender.of(STREAMS["messages"])
PATH = "/v1/analyze/intent"


@dataclass(frozen=True, slots=True)
class _Run:
    """Rate and cost of direct calls."""

    rate_per_s: float
    all_cpu_us: float
    """CPU time of gateway, Kafka and Triton per text."""


async def measure(bench: Bench) -> Sequence[Measure]:
    """Return the rate of direct calls over that of the stream; neither has a cache."""
    texts = so_many(bench.texts, TEXTS_COUNT)
    runs, streams = list[_Run](), list[StreamRun]()
    async with stack_under_test(bench, *STREAMS["messages"].models) as stack:
        for number in range(1, bench.rounds + 1):
            runs.append(await _direct(texts, stack, bench))
            streams.append(await work_off(STREAM, messages(texts), stack, models=bench.models))
            rates = f"direct {runs[-1].rate_per_s:.0f}/s, stream {streams[-1].rate_per_s:.0f}/s"
            bench.say(f"round {number}: {rates}")
    facts = {"texts": len(texts), "texts_a_call": TEXTS_A_CALL, "calls_at_a_time": CALLS_AT_A_TIME}
    return [
        _compared("direct calls of 64 texts / stream of the same texts", runs, streams, facts),
        _compared_cost("CPU time of all processes per text: direct calls / stream", runs, streams),
    ]


def _compared(
    name: str, runs: Sequence[_Run], streams: Sequence[StreamRun], facts: Mapping[str, Any]
) -> Measure:
    ours, theirs = [run.rate_per_s for run in runs], [run.rate_per_s for run in streams]
    rates = {"direct_per_s": rounded(ours), "stream_per_s": rounded(theirs)}
    return ratio(name, ours, theirs, goal=Goal(at_least=0.85), facts={**facts, **rates})


def _compared_cost(name: str, runs: Sequence[_Run], streams: Sequence[StreamRun]) -> Measure:
    """Return the ratio of costs, which other programs on the machine change much less than the rates."""
    ours, theirs = [run.all_cpu_us for run in runs], [run.all_cpu_us for run in streams]
    costs = {"direct_cpu_us": rounded(ours), "stream_cpu_us": rounded(theirs)}
    return ratio(name, ours, theirs, goal=Goal(), facts=costs)


async def _direct(texts: Sequence[str], stack: LocalStack, bench: Bench) -> _Run:
    """Ask about all texts. The gateway starts anew, as the stream's process does."""
    bodies = [{"texts": texts[start : start + TEXTS_A_CALL]} for start in range(0, len(texts), TEXTS_A_CALL)]
    async with web_process(GATEWAY, stack, bench) as gateway:
        await gateway.answers(PATH, bodies[0])
        async with http_load(gateway.url + PATH) as load:
            began_s, before_s = asyncio.get_running_loop().time(), all_cpu_s()
            await load.saturate(bodies, at_a_time=CALLS_AT_A_TIME)
            took_s = asyncio.get_running_loop().time() - began_s
            return _Run(len(texts) / took_s, (all_cpu_s() - before_s) / len(texts) * 1e6)
