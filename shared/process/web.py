"""Web server of a service: an ASGI application on uvicorn, under the signals of the process."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import structlog
from uvicorn import Config, Server

from shared.errors import ConfigError
from shared.settings import ListenSettings

_STOP_WITHIN_S = 3
"""After this long open requests are cut at the stop; streams of events end by themselves before."""


async def serve_web(app: Any, settings: ListenSettings, stop: asyncio.Event, **options: Any) -> None:
    """Serve an ASGI application until `stop` is set, or the caller is cancelled.

    The application has no lifespan: whoever wires it opens and closes what it uses. `options` go to uvicorn.
    Raises ConfigError when the port is taken.
    """
    # Measured by small JSON requests: httptools takes 0.6 of the CPU time of h11, and uvloop saves no more.
    server = _Server(
        Config(
            app,
            host=settings.host,
            port=settings.port,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_STOP_WITHIN_S,
            **{"http": "httptools", **options},
        )
    )
    serving = asyncio.create_task(_serve(server, settings))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        server.should_exit = True
        await serving


class _Server(Server):
    """uvicorn without signal handlers of its own."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the signals to the process."""
        yield

    async def startup(self, *arguments: Any, **options: Any) -> None:
        """Start to listen, and log the address."""
        await super().startup(*arguments, **options)
        for each in self.servers:
            host, port = each.sockets[0].getsockname()[:2]
            structlog.get_logger().info("web_listening", host=host, port=port)


async def _serve(server: _Server, settings: ListenSettings) -> None:
    try:
        await server.serve()
    except SystemExit:  # uvicorn ends the process when it can't listen
        raise ConfigError(
            f"can't listen on {settings.host}:{settings.port}: end what uses the port, or set "
            "TIDEMILL__GATEWAY__PORT or TIDEMILL__DASHBOARD__PORT to another (0 takes a free one); "
            "the host must be an address of this machine"
        ) from None
