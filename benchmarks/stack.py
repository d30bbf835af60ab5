"""Stack under test: real Kafka, real Triton, no cache."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.bench import Bench
from deploy.local.stack import KafkaKind, LocalStack, StackPlan, local_stack


@asynccontextmanager
async def stack_under_test(
    bench: Bench, *models: str, bulk: tuple[str, ...] = ()
) -> AsyncIterator[LocalStack]:
    """Start Kafka and a Triton with these models; those in `bulk` run at a lower priority."""
    plan = StackPlan(
        kafka=KafkaKind.REAL, redis=False, models=bench.models, load=models, bulk=bulk, say=bench.say
    )
    async with local_stack(plan) as stack:
        yield stack
