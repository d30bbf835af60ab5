"""Peak memory of a worker in front of a long backlog, relative to that in front of a short one."""

from collections.abc import Sequence

from benchmarks.bench import Bench
from benchmarks.identity import OURS
from benchmarks.identity_tasks import MODEL
from benchmarks.measure import Goal, Measure
from benchmarks.stack import stack_under_test
from benchmarks.stream_run import work_off
from benchmarks.texts import so_many
from benchmarks.topics import fill, messages
from deploy.local.stack import LocalStack
from shared.settings import KafkaSettings

SHORT_COUNT, LONG_COUNT = 100_000, 1_000_000
"""The short backlog is longer than all that a consumer prefetches."""

WORKED_OFF_COUNT = 20_000
_FILLED_AT_A_TIME = 20_000


async def measure(bench: Bench) -> Sequence[Measure]:
    """Return the peak with a million waiting messages over that with 100,000."""
    async with stack_under_test(bench, MODEL) as stack:
        await _fill(bench, stack, SHORT_COUNT)
        short = await work_off(OURS, [], stack, models=bench.models, enough=WORKED_OFF_COUNT)
        await _fill(bench, stack, LONG_COUNT)
        long = await work_off(OURS, [], stack, models=bench.models, enough=WORKED_OFF_COUNT)
    return [
        Measure(
            name="identity model: peak memory, a million waiting / 100,000 waiting",
            unit="x",
            rounds=(long.peak_bytes / short.peak_bytes,),
            goal=Goal(at_most=1.1),
            facts={
                "waiting": [SHORT_COUNT, LONG_COUNT],
                "worked_off": WORKED_OFF_COUNT,
                "peak_mb": [round(run.peak_bytes / 1e6, 1) for run in (short, long)],
                "per_s": [round(run.rate_per_s, 1) for run in (short, long)],
            },
        )
    ]


async def _fill(bench: Bench, stack: LocalStack, count: int) -> None:
    settings = KafkaSettings(bootstrap=stack.addresses.kafka_bootstrap)
    texts = so_many(bench.texts, _FILLED_AT_A_TIME)
    for _ in range(0, count, _FILLED_AT_A_TIME):
        await fill(settings, messages(texts))
    bench.say(f"{count:,} messages wait")
