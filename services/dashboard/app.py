"""Wiring of the dashboard: topics, state, pages, web server, health."""

import asyncio
from contextlib import AsyncExitStack

from prometheus_client import CollectorRegistry

from services.dashboard.assets import load_assets
from services.dashboard.feed import Feed
from services.dashboard.formats import FILTERS
from services.dashboard.hub import Hub, HubLimits
from services.dashboard.pages import Drawing, application
from services.dashboard.rendering import Renderer
from services.dashboard.settings import Settings
from services.dashboard.state.state import State
from services.dashboard.views.registry import PAGES
from shared.clock import utc_now
from shared.process.beside import beside
from shared.process.http import Health, serve_http
from shared.process.web import serve_web


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Run the dashboard until `stop` is set."""
    assets = load_assets(settings.assets_dir)
    state = State(utc_now)
    drawing = Drawing(Renderer(assets, FILTERS, pages=PAGES), state)
    limits = HubLimits(
        tick_s=1 / settings.pages.frames_per_s,
        viewers_max=settings.pages.viewers_max,
        views_max=settings.pages.views_max,
    )
    hub = Hub(drawing.parts, lambda: state.revision, limits)
    feed = Feed(settings.kafka, state, rewind_count=settings.pages.rewind_count, clock=utc_now)
    health = Health(live=lambda: None, ready=lambda: None)
    async with AsyncExitStack() as stack:
        http = await serve_http(settings.http, health, CollectorRegistry())
        stack.push_async_callback(http.cleanup)
        await stack.enter_async_context(beside(feed.run(), stop))
        await stack.enter_async_context(beside(hub.run(), stop))
        await stack.enter_async_context(beside(_close(hub, stop), stop))
        await serve_web(application(PAGES, assets, drawing, hub), settings.dashboard, stop)


async def _close(hub: Hub, stop: asyncio.Event) -> None:
    """End the streams of all open pages at the stop."""
    await stop.wait()
    hub.close()
