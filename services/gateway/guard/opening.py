"""Guard by the settings, with its tasks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, NamedTuple

from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from services.gateway.guard.accesses import Accesses
from services.gateway.guard.counts import LocalCounts, RedisCounts
from services.gateway.guard.guard import Guard
from services.gateway.guard.keyring import Keyring
from services.gateway.guard.protocol import BoundedProtocol, Connections
from services.gateway.guard.rates import Rates
from services.gateway.settings import Settings
from shared.addresses import is_loopback
from shared.errors import ConfigError
from shared.process.beside import beside
from shared.settings import RedisSettings


class Guarded(NamedTuple):
    """Guarded application, and the protocol of its connections for `serve_web`."""

    app: Guard
    protocol: Any


def check_open(settings: Settings) -> None:
    """Raise ConfigError when a gateway without keys would listen where other machines reach it."""
    host = settings.gateway.host
    if settings.keys_file is None and not is_loopback(host):
        raise ConfigError(
            f"TIDEMILL__GATEWAY__HOST={host} is reached from other machines, and there are no keys: "
            "set TIDEMILL__KEYS_FILE, and make a key by `tidemill keys add`; or listen on 127.0.0.1"
        )


@asynccontextmanager
async def guarded(
    app: ASGIApp, settings: Settings, registry: CollectorRegistry, stop: asyncio.Event
) -> AsyncIterator[Guarded]:
    """Put the guard in front of an application.

    Raises ConfigError when the file of keys is no good.
    """
    keyring = Keyring(settings.keys_file) if settings.keys_file else None
    accesses = Accesses(registry)
    connections = Connections(settings.guard, accesses)
    async with _counts(settings.redis) as counts:
        guard = Guard(app, settings.guard, keyring=keyring, rates=Rates(counts), accesses=accesses)
        async with beside(guard.watch(), stop), beside(connections.watch(), stop):
            yield Guarded(guard, partial(BoundedProtocol, connections=connections))


@asynccontextmanager
async def _counts(settings: RedisSettings) -> AsyncIterator[LocalCounts | RedisCounts]:
    if settings.url is None:
        yield LocalCounts()
        return
    counts = RedisCounts(settings.url.get_secret_value(), ca_file=settings.ca_file)
    try:
        yield counts
    finally:
        await counts.aclose()
