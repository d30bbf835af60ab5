"""`python -m benchmarks.identity_worker`: the inference service with the identity model."""

import asyncio

from benchmarks.identity_tasks import identity_tasks
from services.inference.app import serve_tasks
from services.inference.settings import Settings
from shared.process.run import main


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Run until `stop` is set."""
    await serve_tasks(identity_tasks(settings.models_dir), settings, stop)


if __name__ == "__main__":
    main("inference", Settings, serve)
