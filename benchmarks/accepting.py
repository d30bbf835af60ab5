"""CPU time of the gateway per accepted message, against a bare FastAPI application."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from benchmarks.bench import Bench
from benchmarks.http_load import HttpLoad, http_load
from benchmarks.measure import Goal, Measure, ratio, rounded
from benchmarks.stack import stack_under_test
from benchmarks.texts import so_many
from benchmarks.web_contender import ECHO, GATEWAY, WebProcess, web_process

MESSAGES_COUNT = 6_000
WARMING_COUNT = 2_000
AT_A_TIME = 64
PATH = "/v1/messages"
ACCEPTED = 202


async def measure(bench: Bench) -> Sequence[Measure]:
    """Return the CPU time of the gateway over that of the echo, for the same messages in turn."""
    ours_us, echo_us = list[float](), list[float]()
    bodies = _bodies(so_many(bench.texts, WARMING_COUNT + bench.rounds * MESSAGES_COUNT))
    warming, *rounds = (
        list(islice(bodies, count)) for count in (WARMING_COUNT, *[MESSAGES_COUNT] * bench.rounds)
    )
    async with (
        stack_under_test(bench, redis=True) as stack,
        web_process(GATEWAY, stack, bench) as gateway,
        web_process(ECHO, stack, bench) as echo,
    ):
        for process in (gateway, echo):
            await process.answers(PATH, warming[0])
        async with (
            http_load(gateway.url + PATH, wants=ACCEPTED) as to_gateway,
            http_load(echo.url + PATH, wants=ACCEPTED) as to_echo,
        ):
            for load in (to_gateway, to_echo):
                await load.saturate(warming, at_a_time=AT_A_TIME)
            for number, messages in enumerate(rounds, start=1):
                ours_us.append(await _cpu_us(gateway, to_gateway, messages))
                echo_us.append(await _cpu_us(echo, to_echo, messages))
                bench.say(
                    f"round {number}: gateway {ours_us[-1]:.0f} us, echo {echo_us[-1]:.0f} us a message"
                )
    facts = {
        "messages": MESSAGES_COUNT,
        "at_a_time": AT_A_TIME,
        "gateway_cpu_us": rounded(ours_us),
        "echo_cpu_us": rounded(echo_us),
    }
    name = "gateway: CPU per accepted message / bare FastAPI echo"
    return [ratio(name, ours_us, echo_us, goal=Goal(at_most=2), facts=facts)]


async def _cpu_us(process: WebProcess, load: HttpLoad, messages: Sequence[Any]) -> float:
    before_s = process.cpu_s
    await load.saturate(messages, at_a_time=AT_A_TIME)
    return (process.cpu_s - before_s) / len(messages) * 1e6


def _bodies(texts: Sequence[str]) -> Iterator[dict[str, Any]]:
    for number, text in enumerate(texts):
        yield {"conversation_id": f"conversation-{number}", "text": text}
