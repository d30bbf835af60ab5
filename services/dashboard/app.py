"""Wiring of the dashboard: topics, state, pages, web server, health."""

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import AsyncExitStack

from services.dashboard.assets import load_assets
from services.dashboard.door import Door
from services.dashboard.drawing import Drawing
from services.dashboard.feed import Feed
from services.dashboard.formats import FILTERS
from services.dashboard.gateway import Gateway, gateway
from services.dashboard.hub import Hub, HubLimits
from services.dashboard.metrics import measured
from services.dashboard.pages import application
from services.dashboard.rendering import Renderer
from services.dashboard.routes.registry import routers
from services.dashboard.session import Sessions
from services.dashboard.settings import DoorSettings, Settings
from services.dashboard.site import Site
from services.dashboard.state.state import State
from services.dashboard.views import health
from services.dashboard.views.page import Page
from services.dashboard.views.registry import pages
from services.dashboard.watching.cards import Cards
from services.dashboard.watching.positions import Positions
from services.dashboard.watching.reports import Reports
from shared.addresses import is_loopback
from shared.clock import utc_now
from shared.corrections.labels import Labels
from shared.process.beside import beside
from shared.process.http import Health, serve_http
from shared.process.web import serve_web


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Run the dashboard until `stop` is set."""
    state = State(utc_now, settings.services)
    shown = pages(settings)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(gateway(settings.gateway_url))
        site = _site(settings, state, client, shown)
        http = await serve_http(settings.http, _health(site, state), measured(site.hub, state))
        stack.push_async_callback(http.cleanup)
        feed = Feed(settings.kafka, state, rewind_count=settings.pages.rewind_count, clock=utc_now)
        await stack.enter_async_context(beside(feed.run(), stop))
        await site.door.opened(stop)
        for work in (site.door.run(), site.hub.run(), _close(site.hub, stop)):
            await stack.enter_async_context(beside(work, stop))
        for watch in _watches(settings, state, site.hub, client):
            await stack.enter_async_context(beside(watch, stop))
        app = application(site, shown, routers(site), hosts=_hosts(settings.dashboard))
        await serve_web(app, settings.dashboard, stop)


def _site(settings: Settings, state: State, client: Gateway, shown: Sequence[Page]) -> Site:
    assets = load_assets(settings.assets_dir)
    drawing = Drawing(Renderer(assets, FILTERS, pages=shown), state)
    limits = HubLimits(
        tick_s=1 / settings.pages.frames_per_s,
        viewers_max=settings.pages.viewers_max,
        views_max=settings.pages.views_max,
    )
    return Site(
        assets=assets,
        state=state,
        drawing=drawing,
        hub=Hub(drawing.parts, lambda: state.revision, limits),
        door=Door(client, Sessions(utc_now), is_loopback=is_loopback(settings.dashboard.host)),
        gateway=client,
        labels=Labels(repository=settings.models_dir, intents_file=settings.intents_file),
        is_secure=settings.dashboard.secure,
    )


def _watches(
    settings: Settings, state: State, hub: Hub, client: Gateway
) -> Iterable[Coroutine[None, None, None]]:
    return (
        Reports(settings.services, state, client.session).run(),
        Positions(settings.kafka, state, is_wanted=lambda: hub.is_open(health.PAGE.path)).run(),
        Cards(settings.models_dir, state).run(),
    )


def _health(site: Site, state: State) -> Health:
    def ready() -> str | None:
        return "Kafka is away" if state.kafka_away_since else site.door.fault

    return Health(live=lambda: None, ready=ready)


def _hosts(door: DoorSettings) -> tuple[str, ...]:
    """Return the hosts that are served; none for any."""
    return (*door.hosts, door.host) if door.hosts or is_loopback(door.host) else ()


async def _close(hub: Hub, stop: asyncio.Event) -> None:
    """End the streams of all open pages at the stop."""
    await stop.wait()
    hub.close()
