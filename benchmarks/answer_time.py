"""Time until a caller has the answer about one text, less the model's time: directly, and through Kafka."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from benchmarks.bench import Bench
from benchmarks.contender import Contender, running
from benchmarks.http_load import Answer, Body, HttpLoad, http_load
from benchmarks.live import percentile
from benchmarks.measure import Goal, Measure, rounded
from benchmarks.open_loop import independent
from benchmarks.stack import stack_under_test
from benchmarks.texts import so_many
from benchmarks.web_contender import GATEWAY, web_process
from shared.catalogue import STREAMS, SUPPORT_BOT
from shared.events import CustomerMessageAnalyzed

TEXTS_COUNT = 60_000
BEST_S = 6.0
"""How long a way is loaded with all that it takes, to find its best rate."""

PHASE_S = 20.0
AT_A_TIME = 64
LOAD_SHARE = 0.5
GOAL = Goal(at_most=25)
WAIT_S = 30


@dataclass(frozen=True, slots=True)
class Way:
    """A way to an answer."""

    name: str
    path: str
    body: Callable[[int, str], Body]
    decision: Callable[[Any], Any]
    """Returns the decision record of the model in an answer."""

    headers: dict[str, str] = field(default_factory=dict)


DIRECT = Way(
    name="direct call, one text",
    path="/v1/analyze/intent",
    body=lambda _, text: {"text": text},
    decision=lambda body: body["decision"],
)
THROUGH_KAFKA = Way(
    name="accepted message with Prefer: wait, through Kafka",
    path="/v1/messages",
    body=lambda number, text: {"conversation_id": f"conversation-{number}", "text": text},
    decision=lambda body: _analyzed(body)["decision"],
    headers={"Prefer": f"wait={WAIT_S}"},
)


async def measure(bench: Bench) -> Sequence[Measure]:
    """Return for both ways the p99 of the wait at half the best rate, less the p99 of the model call."""
    texts = iter(so_many(bench.texts, TEXTS_COUNT))
    async with AsyncExitStack() as exits:
        stack = await exits.enter_async_context(stack_under_test(bench, *STREAMS["messages"].models))
        for service in (STREAMS["messages"], SUPPORT_BOT):
            await exits.enter_async_context(running(Contender.of(service), stack, bench.models))
        gateway = await exits.enter_async_context(web_process(GATEWAY, stack, bench))
        measures = []
        for way in (DIRECT, THROUGH_KAFKA):
            bodies = map(way.body, range(TEXTS_COUNT), texts)
            await gateway.answers(way.path, next(bodies))
            async with http_load(gateway.url + way.path, headers=way.headers) as load:
                measures.append(await _measured(way, load, bodies, bench))
    return measures


async def _measured(way: Way, load: HttpLoad, bodies: Iterator[Body], bench: Bench) -> Measure:
    best_per_s = await _best_per_s(load, bodies)
    rounds: list[tuple[float, float]] = []
    for number in range(1, bench.rounds + 1):
        moments = independent(LOAD_SHARE * best_per_s, lasting_s=PHASE_S, seed=number)
        rounds.append(_p99s(way, await load.offer(bodies, moments)))
        waits = "wait {:.1f} ms, model {:.1f} ms".format(*rounds[-1])
        bench.say(f"{way.name}, round {number}, {LOAD_SHARE * best_per_s:.0f}/s: p99 of the {waits}")
    return Measure(
        name=f"{way.name}, at half the best rate: p99 - p99 of the model",
        unit="ms",
        rounds=tuple(wait_ms - infer_ms for wait_ms, infer_ms in rounds),
        goal=GOAL,
        facts={
            "best_per_s": round(best_per_s),
            "wait_p99_ms": rounded(wait_ms for wait_ms, _ in rounds),
            "infer_p99_ms": rounded(infer_ms for _, infer_ms in rounds),
        },
    )


async def _best_per_s(load: HttpLoad, bodies: Iterator[Body]) -> float:
    """Return the answers per second when so many callers ask again as soon as they are answered."""
    clock = asyncio.get_running_loop().time
    ends_s = clock() + BEST_S
    began_s, count = clock(), 0
    while clock() < ends_s:
        chunk = [next(bodies) for _ in range(10 * AT_A_TIME)]
        count += len(await load.saturate(chunk, at_a_time=AT_A_TIME))
    return count / (clock() - began_s)


def _p99s(way: Way, answers: Sequence[Answer]) -> tuple[float, float]:
    """Return the 99th percentiles of the callers' waits and of the model calls, in milliseconds."""
    waits_ms = sorted(answer.wait_ms for answer in answers)
    infers_ms = sorted(way.decision(answer.body)["infer_ms"] for answer in answers)
    return percentile(waits_ms, 99), percentile(infers_ms, 99)


def _analyzed(body: Any) -> Any:
    (analyzed,) = (each for each in body["results"] if each["type"] == CustomerMessageAnalyzed.name)
    return analyzed["data"]
