"""HTTP endpoints of a process: liveness, readiness and metrics."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from shared.errors import ConfigError
from shared.process.usage import watch_process
from shared.settings import HttpSettings

_Route = Callable[[web.Request], Awaitable[web.Response]]

Verdict = Callable[[], str | None]
"""Returns None when all is well, else the fault in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Health of a process, as it judges itself.

    `live` fails when only a restart helps (records wait and nothing moves); `ready` also when a part that
    it needs is down.
    """

    live: Verdict
    ready: Verdict


async def serve_http(
    settings: HttpSettings,
    health: Health,
    registry: CollectorRegistry,
    *,
    routes: Iterable[web.AbstractRouteDef] = (),
) -> web.AppRunner:
    """Return the running server of `/health/live`, `/health/ready`, `/metrics` and the service's `routes`.

    The metrics are those of the registry, and the resources of the process. The caller cleans the server up.
    Raises ConfigError when the port is taken.
    """
    watch_process(registry)
    app = web.Application()
    app.router.add_routes(routes)
    app.router.add_get("/health/live", _answer(health.live))
    app.router.add_get("/health/ready", _answer(health.ready))
    app.router.add_get("/metrics", _metrics(registry))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
    except OSError as error:
        await runner.cleanup()
        raise ConfigError(
            f"can't listen on {settings.host}:{settings.port} ({error.strerror}): "
            "end what uses the port, or set TIDEMILL__HTTP__PORT to another (0 takes a free one); "
            "TIDEMILL__HTTP__HOST must be an address of this machine"
        ) from error
    structlog.get_logger().info("http_listening", host=settings.host, port=runner.addresses[0][1])
    return runner


def _answer(verdict: Verdict) -> _Route:
    async def handle(request: web.Request) -> web.Response:
        del request
        wrong = verdict()
        return web.json_response({"ok": wrong is None, "why": wrong}, status=503 if wrong else 200)

    return handle


def _metrics(registry: CollectorRegistry) -> _Route:
    async def handle(request: web.Request) -> web.Response:
        del request
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return handle
