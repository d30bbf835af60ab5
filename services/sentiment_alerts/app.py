"""Wiring of the alert service."""

import asyncio

from services.sentiment_alerts.handler import SentimentAlerts
from services.sentiment_alerts.settings import Settings
from shared.catalogue import SENTIMENT_ALERTS
from shared.clock import utc_now
from shared.process.stateful import serve_stateful


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Run the alerts until `stop` is set."""
    await serve_stateful(settings, SENTIMENT_ALERTS, SentimentAlerts(settings.alerts, utc_now), stop)
