"""`python -m benchmarks.identity_worker`: the inference service, engine and all, with the identity model."""

import asyncio

from benchmarks.identity_plan import identity_plan
from services.inference.app import serve_plan
from services.inference.settings import Settings
from shared.process.run import main


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Run until `stop` is set."""
    await serve_plan(identity_plan(settings.models_dir), settings, stop)


if __name__ == "__main__":
    main("inference", Settings, serve)
