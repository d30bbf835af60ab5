"""Peak memory of an inference worker while it processes a full topic."""

from collections.abc import Sequence

from benchmarks.bench import Bench
from benchmarks.contender import Contender
from benchmarks.images import images
from benchmarks.measure import Goal, Measure
from benchmarks.stack import stack_under_test
from benchmarks.stream_run import work_off
from benchmarks.topics import messages
from shared.catalogue import STREAMS
from shared.events import Event

MESSAGES_COUNT = 3000
IMAGES_COUNT = 1000
TEXT = Contender.of(STREAMS["messages"])
IMAGES = Contender.of(STREAMS["images"])


async def measure(bench: Bench) -> Sequence[Measure]:
    """Return the peaks of a text worker and of an image worker, in MB."""
    texts = messages(bench.texts[:MESSAGES_COUNT])
    sent = images(IMAGES_COUNT, bench.data)
    return [
        await _peak(bench, TEXT, texts, STREAMS["messages"].models, Goal(at_most=250)),
        await _peak(bench, IMAGES, sent, STREAMS["images"].models, Goal(at_most=300)),
    ]


async def _peak(
    bench: Bench, worker: Contender, events: Sequence[Event], models: tuple[str, ...], goal: Goal
) -> Measure:
    async with stack_under_test(bench, *models) as stack:
        run = await work_off(worker, events, stack, models=bench.models)
    facts = {
        "events": len(events),
        "per_s": round(run.rate_per_s, 1),
        "cpu_us_an_event": round(run.cpu_us, 1),
    }
    return Measure(
        name=f"peak memory, {worker.name}", unit="MB", rounds=(run.peak_bytes / 1e6,), goal=goal, facts=facts
    )
