"""Rate of direct calls with 64 texts each, against the rate of the stream for the same texts."""

import asyncio
from collections.abc import Sequence

from benchmarks.bench import Bench
from benchmarks.contender import Contender
from benchmarks.http_load import http_load
from benchmarks.measure import Goal, Measure, ratio, rounded
from benchmarks.stack import stack_under_test
from benchmarks.stream_run import work_off
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


async def measure(bench: Bench) -> Sequence[Measure]:
    """Return the rate of direct calls over that of the stream; neither has a cache."""
    texts = so_many(bench.texts, TEXTS_COUNT)
    direct_per_s, stream_per_s = list[float](), list[float]()
    async with stack_under_test(bench, *STREAMS["messages"].models) as stack:
        for number in range(1, bench.rounds + 1):
            direct_per_s.append(await _direct_per_s(texts, stack, bench))
            run = await work_off(STREAM, messages(texts), stack, models=bench.models)
            stream_per_s.append(run.rate_per_s)
            bench.say(f"round {number}: direct {direct_per_s[-1]:.0f}/s, stream {run.rate_per_s:.0f}/s")
    facts = {
        "texts": len(texts),
        "texts_a_call": TEXTS_A_CALL,
        "calls_at_a_time": CALLS_AT_A_TIME,
        "direct_per_s": rounded(direct_per_s),
        "stream_per_s": rounded(stream_per_s),
    }
    name = "direct calls of 64 texts / stream of the same texts"
    return [ratio(name, direct_per_s, stream_per_s, goal=Goal(at_least=0.85), facts=facts)]


async def _direct_per_s(texts: Sequence[str], stack: LocalStack, bench: Bench) -> float:
    """Return the texts answered per second. The gateway starts anew, as the stream's process does."""
    bodies = [{"texts": texts[start : start + TEXTS_A_CALL]} for start in range(0, len(texts), TEXTS_A_CALL)]
    async with web_process(GATEWAY, stack, bench) as gateway:
        await gateway.answers(PATH, bodies[0])
        async with http_load(gateway.url + PATH) as load:
            began_s = asyncio.get_running_loop().time()
            await load.saturate(bodies, at_a_time=CALLS_AT_A_TIME)
            return len(texts) / (asyncio.get_running_loop().time() - began_s)
