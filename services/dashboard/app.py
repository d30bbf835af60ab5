"""Wiring of the dashboard: pages, web server, health."""

import asyncio

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from services.dashboard.settings import Settings
from shared.process.http import Health, serve_http
from shared.process.web import serve_web


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Run the dashboard until `stop` is set."""
    health = Health(live=lambda: None, ready=lambda: None)
    http = await serve_http(settings.http, health, CollectorRegistry())
    try:
        await serve_web(application(), settings.dashboard, stop)
    finally:
        await http.cleanup()


def application() -> FastAPI:
    """Return the application."""
    return FastAPI(title="Tidemill", docs_url=None, redoc_url=None, openapi_url=None)
