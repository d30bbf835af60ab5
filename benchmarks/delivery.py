"""Cost of exactly once: the same worker, broker and messages, with and without transactions."""

from collections.abc import Sequence
from dataclasses import replace

from benchmarks.bench import Bench
from benchmarks.identity import MESSAGES_COUNT, OURS
from benchmarks.identity_tasks import MODEL
from benchmarks.measure import Goal, Measure, ratio, rounded
from benchmarks.stack import stack_under_test
from benchmarks.stream_run import work_off
from benchmarks.texts import so_many
from benchmarks.topics import messages

EXACTLY_ONCE = replace(OURS, env={"TIDEMILL__KAFKA__DELIVERY": "exactly-once"})


async def measure(bench: Bench) -> Sequence[Measure]:
    """Return the rate of exactly once over that of at least once, with the identity model."""
    texts = so_many(bench.texts, MESSAGES_COUNT)
    rates: dict[str, list[float]] = {"exactly once": [], "at least once": []}
    async with stack_under_test(bench, MODEL) as stack:
        for number in range(1, bench.rounds + 1):
            for name, contender in (("exactly once", EXACTLY_ONCE), ("at least once", OURS)):
                run = await work_off(contender, messages(texts), stack, models=bench.models)
                rates[name].append(run.rate_per_s)
            now = ", ".join(f"{name} {found[-1]:.0f}/s" for name, found in rates.items())
            bench.say(f"round {number}: {now}")
    return [
        ratio(
            "identity model: exactly once / at least once",
            rates["exactly once"],
            rates["at least once"],
            goal=Goal(at_least=0.85),
            facts={
                "messages": len(texts),
                "texts": bench.texts_from,
                **{f"{name.replace(' ', '_')}_per_s": rounded(found) for name, found in rates.items()},
            },
        )
    ]
