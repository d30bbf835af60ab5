"""Share of padding in the models' input, for three ways to form batches."""

import itertools
from collections.abc import Callable, Iterator, Sequence

from benchmarks.bench import Bench
from benchmarks.measure import Goal, Measure
from shared.bus.limits import StreamLimits
from shared.inference.encoders import text_encoder
from shared.inference.grouping import next_batch
from shared.repository.bundle import load_bundle
from shared.serving.settings import BatchSettings
from shared.serving.tasks import support_intent

MODEL = support_intent.TASK.model
BUCKETS = (16, 32, 64, 128, 256, 512)
Batches = Iterator[tuple[int, int]]
"""Tokens sent and tokens of text, batch by batch."""


async def measure(bench: Bench) -> Sequence[Measure]:
    """Return the shares of padding, in percent."""
    texts = bench.texts[:5000]
    lengths = [len(ids) for ids in text_encoder(load_bundle(bench.models, MODEL)).encode_batch(texts)]
    ways: dict[str, tuple[Callable[[Sequence[int]], Batches], Goal]] = {
        "padding: nearest length (ours)": (nearest, Goal(at_most=10)),
        "padding: power-of-two buckets": (bucketed, Goal()),
        "padding: order of arrival": (arrived, Goal()),
    }
    facts = {"texts": bench.texts_from, "messages": len(lengths), "mean_tokens": sum(lengths) / len(lengths)}
    return [
        Measure(name=name, unit="%", rounds=(wasted_percent(way(lengths)),), goal=goal, facts=facts)
        for name, (way, goal) in ways.items()
    ]


def nearest(lengths: Sequence[int]) -> Batches:
    """Yield the batches that the service forms when as many messages wait as it has in flight."""
    limits = BatchSettings().limits(token_budget=support_intent.TASK.token_budget)
    arriving = iter(lengths)
    waiting = list(itertools.islice(arriving, StreamLimits().max_in_flight_records))
    while waiting:
        chosen = next_batch(
            waiting,
            token_budget=limits.token_budget,
            max_items=limits.max_items,
            max_waste=limits.max_waste,
        )
        yield sent_and_useful([waiting[index] for index in chosen])
        leaving = set(chosen)
        waiting = [length for index, length in enumerate(waiting) if index not in leaving]
        waiting += itertools.islice(arriving, len(chosen))


def bucketed(lengths: Sequence[int]) -> Batches:
    """Yield every message alone, padded to its bucket: the rest of its batch changes nothing."""
    for length in lengths:
        yield next((bucket for bucket in BUCKETS if bucket >= length), length), length


def arrived(lengths: Sequence[int]) -> Batches:
    """Yield batches of 32 messages in the order of arrival."""
    for start in range(0, len(lengths), 32):
        yield sent_and_useful(lengths[start : start + 32])


def sent_and_useful(lengths: Sequence[int]) -> tuple[int, int]:
    """Return the tokens of a batch of these lengths, and those of them that are no padding."""
    return len(lengths) * max(lengths), sum(lengths)


def wasted_percent(batches: Batches) -> float:
    """Return the share of padding in all that is sent."""
    sent, useful = map(sum, zip(*batches, strict=True))
    return 100 * (1 - useful / sent)
