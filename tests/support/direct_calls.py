"""A gateway that answers direct calls with one model, which a test brings and takes away."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from httpx import ASGITransport, AsyncClient
from prometheus_client import CollectorRegistry

from services.gateway.api import application
from services.gateway.direct.analyses import analyses
from services.gateway.direct.direct import Direct
from services.gateway.guard.caller import ANYBODY
from services.gateway.routes import analyze, classify
from services.gateway.settings import DirectSettings, Settings
from shared.cache.memory import NullCache
from shared.inference.port import Arrays
from shared.inference.prototypes import IntentsFile
from shared.serving.models import Models
from tests.support.callers import CalledBy
from tests.support.shelf import Shelf


class HeldShelf(Shelf):
    """A model server that answers nobody while `gate` is cleared; its canary answers."""

    def __init__(self, repository: Path) -> None:
        super().__init__(repository)
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked = asyncio.Event()
        """Whether an inference was asked for."""

    async def infer(self, model: str, version: str, inputs: Arrays, outputs: Sequence[str]) -> Arrays:
        """Return the answer once the gate is open."""
        self.asked.set()
        await self.gate.wait()
        return await super().infer(model, version, inputs, outputs)


@dataclass(frozen=True, slots=True)
class DirectCalls:
    """The gateway's client, and the server of its only model, `review_sentiment`."""

    client: AsyncClient
    shelf: HeldShelf
    direct: Direct

    async def opened(self) -> None:
        """Return when the model answers."""
        async with asyncio.timeout(10.0):
            while "review_sentiment" in self.direct.missing():  # noqa: ASYNC110 - tells nobody
                await asyncio.sleep(0)


@asynccontextmanager
async def direct_calls(folder: Path, limits: DirectSettings | None = None) -> AsyncIterator[DirectCalls]:
    """Yield a gateway whose model is written, but not loaded."""
    shelf = HeldShelf(folder)
    shelf.write("1")
    settings = Settings(models_dir=folder, models_look_every_s=0.001)
    models = Models(settings, shelf, NullCache(), CollectorRegistry())
    offered = analyses(IntentsFile(folder / "no intents"))
    models.expect(offered.tasks)
    direct = Direct(models, offered, limits or DirectSettings())
    app = CalledBy(application((analyze.router(direct), classify.router(direct))), ANYBODY)
    following = asyncio.create_task(models.follow())
    try:
        async with AsyncClient(transport=ASGITransport(app), base_url="http://gateway") as client:
            yield DirectCalls(client, shelf, direct)
    finally:
        following.cancel()
        models.close()
