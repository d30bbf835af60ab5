"""Opening of the models for direct calls, in the background: the gateway serves all else without them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from prometheus_client import CollectorRegistry

from services.gateway.direct.analyses import analyses
from services.gateway.direct.direct import Direct
from services.gateway.settings import Settings
from shared.cache.port import Cache
from shared.inference.prototypes import IntentsFile
from shared.inference.triton import CallLimits, TritonRunner
from shared.process.beside import beside
from shared.serving.models import Models


@asynccontextmanager
async def open_direct(
    settings: Settings, cache: Cache, registry: CollectorRegistry, stop: asyncio.Event
) -> AsyncIterator[Direct]:
    """Yield the direct calls; their models are opened as Triton has them ready, and followed."""
    async with AsyncExitStack() as stack:
        runner = TritonRunner(
            settings.triton.address, limits=CallLimits(deadline_s=settings.triton.deadline_s)
        )
        stack.push_async_callback(runner.aclose)
        models = Models(settings, runner, cache, registry)
        stack.callback(models.close)
        offered = analyses(IntentsFile(settings.intents_file))
        models.expect(offered.tasks)
        await stack.enter_async_context(beside(models.follow(), stop))
        yield Direct(models, offered, settings.direct)
