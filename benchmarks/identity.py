"""Cost of everything around the model, measured with the identity model."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import faust_worker
from benchmarks.bench import Bench
from benchmarks.contender import Contender
from benchmarks.identity_tasks import MODEL
from benchmarks.measure import Goal, Measure, ratio, rounded
from benchmarks.stack import stack_under_test
from benchmarks.stream_run import StreamRun, work_off
from benchmarks.texts import so_many
from benchmarks.topics import messages
from shared.events import CustomerMessageAnalyzed

MESSAGES_COUNT = 30_000
FAUST_FILLED_COUNT = 3_000
FAUST_COUNT = 1_500
OURS = Contender(name="identity", module="benchmarks.identity_worker", writes=CustomerMessageAnalyzed.name)
FAUST = Contender(name="faust", module="benchmarks.faust_worker", writes=faust_worker.WRITES)


async def measure(bench: Bench) -> Sequence[Measure]:
    """Return our rate over Faust's one by one, and our CPU time per message."""
    texts = so_many(bench.texts, MESSAGES_COUNT)
    ours, theirs = list[StreamRun](), list[StreamRun]()
    async with stack_under_test(bench, MODEL) as stack:
        for number in range(1, bench.rounds + 1):
            ours.append(await work_off(OURS, messages(texts), stack, models=bench.models))
            theirs.append(
                await work_off(
                    FAUST,
                    messages(texts[:FAUST_FILLED_COUNT]),
                    stack,
                    models=bench.models,
                    enough=FAUST_COUNT,
                )
            )
            rates = f"ours {ours[-1].rate_per_s:.0f}/s, Faust {theirs[-1].rate_per_s:.0f}/s"
            bench.say(f"round {number}: {rates}, ours {ours[-1].cpu_us:.0f} us of CPU a message")
    return _measures(ours, theirs, {"messages": len(texts), "texts": bench.texts_from})


def _measures(
    ours: Sequence[StreamRun], theirs: Sequence[StreamRun], facts: Mapping[str, Any]
) -> list[Measure]:
    rates = {
        "ours_per_s": rounded(run.rate_per_s for run in ours),
        "faust_per_s": rounded(run.rate_per_s for run in theirs),
        "faust_cpu_us": rounded(run.cpu_us for run in theirs),
    }
    return [
        ratio(
            "identity model: ours / Faust one by one",
            [run.rate_per_s for run in ours],
            [run.rate_per_s for run in theirs],
            goal=Goal(at_least=4),
            facts={**facts, **rates},
        ),
        Measure(
            name="identity model: CPU of our process, a message",
            unit="us",
            rounds=tuple(run.cpu_us for run in ours),
            goal=Goal(at_most=350),
            facts=facts,
        ),
    ]
