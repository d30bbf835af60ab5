"""Services as they report themselves: states, figures between two reports, and nothing secret on the page."""

from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from services.dashboard.settings import Settings
from services.dashboard.state.services import Report, Sample, Watched, figures
from services.dashboard.state.state import State
from services.dashboard.views import health, models, settings
from services.dashboard.views.page import Ask
from services.dashboard.watching.reports import samples_in
from shared.settings import KafkaSettings
from tests.support.dashboard import Clock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
METRICS = """
# TYPE tidemill_lag_records gauge
tidemill_lag_records{stream="customer.message_received.v1",partition="0"} 3.0
tidemill_lag_records{stream="customer.message_received.v1",partition="1"} 4.0
# TYPE tidemill_batch_size histogram
tidemill_batch_size_bucket{le="1.0",model="support_intent"} 3.0
tidemill_batch_size_count{model="support_intent"} 10.0
tidemill_batch_size_sum{model="support_intent"} 45.0
# TYPE tidemill_model_version gauge
tidemill_model_version{model="support_intent"} 2.0
# TYPE tidemill_cache_hits counter
tidemill_cache_hits_total 1.0
tidemill_cache_misses_total 3.0
"""


def report(*, why: str | None = None, is_live: bool = True, after_s: float = 0.0, **values: float) -> Report:
    """Return a report with these metrics."""
    samples = tuple(Sample(name, {}, value) for name, value in values.items())
    return Report(at=NOON + timedelta(seconds=after_s), why=why, is_live=is_live, samples=samples)


def test_metrics_of_a_service_are_read() -> None:
    service = Watched("inference-messages")

    service.note(Report(at=NOON, why=None, samples=tuple(samples_in(METRICS))))

    assert service.figures.lag == 7
    assert service.figures.batch_size == 4.5
    assert service.figures.cache_share == 0.25
    assert service.versions == {"support_intent": "2"}


def test_figures_are_those_of_the_time_between_two_reports() -> None:
    before = report(tidemill_batch_size_count=10, tidemill_batch_size_sum=10, process_cpu_seconds_total=1)
    now = report(
        after_s=5.0, tidemill_batch_size_count=20, tidemill_batch_size_sum=90, process_cpu_seconds_total=2
    )

    found = figures(before, now)

    assert (found.batch_size, found.cores) == (8.0, 0.2)


def test_counters_that_begin_anew_after_a_restart_are_taken_as_they_are() -> None:
    before = report(tidemill_batch_size_count=1_000, tidemill_batch_size_sum=1_000)
    now = report(after_s=5.0, tidemill_batch_size_count=2, tidemill_batch_size_sum=6)

    assert figures(before, now).batch_size == 3.0


def test_a_service_is_in_its_state_since_it_came_into_it() -> None:
    service = Watched("gateway")

    service.note(report())
    service.note(report(after_s=5.0))
    since_ready = service.since
    service.note(report(after_s=10.0, why="not connected to Kafka"))

    assert since_ready == NOON
    assert service.since == NOON + timedelta(seconds=10)


def test_the_page_says_which_service_is_not_ready_and_why() -> None:
    state = State(Clock(), ["gateway", "support-bot", "dashboard"])
    state.services.note("gateway", report(why="not connected to Kafka"))
    state.services.note("support-bot", report(why="no answer", is_live=False))
    state.services.note("dashboard", report())

    shown = health.values(state, Ask())

    assert shown["sentence"] == ("1 of 3 services are ready; gateway is waiting, support-bot is not alive.")
    assert [each.why for each in shown["services"]] == ["not connected to Kafka", "no answer", ""]


def test_a_version_that_is_asked_and_not_there_is_told() -> None:
    state = State(Clock(), ["inference-messages"])
    state.services.note("inference-messages", Report(at=NOON, why=None, samples=tuple(samples_in(METRICS))))

    assert models.strays(state) == [
        "inference-messages asks support_intent version 2, which this repository does not hold."
    ]


def test_no_secret_is_among_the_settings() -> None:
    kafka = KafkaSettings(username="dash", password=SecretStr("hunter2"), security_protocol="SASL_SSL")
    shown = settings.settings_of(Settings(kafka=kafka, gateway_url="http://user:hunter2@gateway:8000"))

    text = str(list(shown))

    assert "hunter2" not in text
    assert "set, not shown" in text
    assert "http://gateway:8000" in text
