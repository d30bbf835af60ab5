"""Metrics of the dashboard say how many look, and whether the topics can be read."""

from services.dashboard.metrics import measured
from services.dashboard.views import now
from services.dashboard.views.page import Ask
from tests.support.dashboard import dashboard


async def test_open_pages_their_views_and_an_absent_broker_are_counted() -> None:
    async with dashboard() as running:
        hub, page = running.site.hub, now.PAGE
        registry = measured(hub, running.state)

        with hub.viewing(page, Ask()), hub.viewing(page, Ask()):
            running.state.kafka_left(running.clock())

            assert registry.get_sample_value("tidemill_dashboard_pages_open") == 2
            assert registry.get_sample_value("tidemill_dashboard_views") == 1
            assert registry.get_sample_value("tidemill_dashboard_kafka_away") == 1

        assert registry.get_sample_value("tidemill_dashboard_pages_open") == 0
