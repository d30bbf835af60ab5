"""Metrics of the dashboard: open pages, views, and whether its topics can be read."""

from prometheus_client import CollectorRegistry, Gauge

from services.dashboard.hub import Hub
from services.dashboard.state.state import State


def measured(hub: Hub, state: State) -> CollectorRegistry:
    """Return the registry of a dashboard's metrics, which are read when they are asked for."""
    registry = CollectorRegistry()
    pages = Gauge("tidemill_dashboard_pages_open", "Pages that are open", registry=registry)
    pages.set_function(lambda: hub.viewer_count)
    views = Gauge("tidemill_dashboard_views", "Different views that they show", registry=registry)
    views.set_function(lambda: hub.view_count)
    away = Gauge("tidemill_dashboard_kafka_away", "1 while the topics can't be read", registry=registry)
    away.set_function(lambda: state.kafka_away_since is not None)
    return registry
