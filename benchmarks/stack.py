"""Stack under test: real Kafka, real Triton, no cache but where it is asked for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.bench import Bench
from deploy.local.stack import KafkaKind, LocalStack, StackPlan, local_stack


@asynccontextmanager
async def stack_under_test(
    bench: Bench, *models: str, bulk: tuple[str, ...] = (), redis: bool = False
) -> AsyncIterator[LocalStack]:
    """Start Kafka and a Triton with these models, or all when none is named.

    Those in `bulk` run at a lower priority; `redis` starts a cache.
    """
    plan = StackPlan(
        kafka=KafkaKind.REAL, redis=redis, models=bench.models, load=models, bulk=bulk, say=bench.say
    )
    async with local_stack(plan) as stack:
        yield stack
