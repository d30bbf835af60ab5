"""The order of effects: publish, then store; hold what can't be done now; set aside what never can."""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from services.sentiment_alerts.handler import SentimentAlerts
from services.sentiment_alerts.settings import AlertSettings
from services.sentiment_alerts.state import CompanyState
from shared.bus.dead_letters import DeadLetterFloodError
from shared.bus.limits import GuardLimits
from shared.bus.metrics import StreamMetrics
from shared.bus.port import RecordTooLargeError
from shared.bus.record import Outgoing, Record
from shared.errors import RetryableError
from shared.events import SentimentAlertRaised
from shared.stateful.apply import Applier
from tests.support.virtual_time import run_in_virtual_time
from tests.unit.services.sentiment_alerts.stories import START, States, article, record

RAISED = f"publish {SentimentAlertRaised.name}"
BROKEN = Record(record(article(1, minute=1), 0).partition, 7, b"Alder Rail", b"{", (("h", b"1"),), 0)


class Broker:
    """Notes what is written, in order; the next writes raise what is queued."""

    def __init__(self) -> None:
        self.history: list[str] = []
        self.written: list[Outgoing] = []
        self.publish_errors: deque[Exception] = deque()
        self.store_errors: deque[Exception] = deque()
        self.states = States()
        self.result_max_bytes = 1_000_000
        self.registry = CollectorRegistry()

    async def start(self) -> None:
        """Do nothing: it is always there."""

    async def stop(self) -> None:
        """Do nothing."""

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Note the records, or raise."""
        if self.publish_errors:
            raise self.publish_errors.popleft()
        if any(len(each.value or b"") > self.result_max_bytes for each in records if "alert" in each.topic):
            raise RecordTooLargeError("no")
        self.history += [f"publish {written.topic}" for written in records]
        self.written += records

    async def store(self, state: CompanyState) -> None:
        """Keep the state, or raise."""
        if self.store_errors:
            raise self.store_errors.popleft()
        self.history.append(f"store {state.company} {state.offset}")
        self.states[state.company] = state

    async def read(self, *records: Record) -> None:
        """Apply records as the stream does."""
        applier = Applier(
            SentimentAlerts(AlertSettings(), lambda: START + timedelta(days=1)),
            self,
            group="alerts",
            metrics=StreamMetrics(self.registry),
            limits=GuardLimits(dead_letter_max_share=0.5, dead_letter_min_count=3),
        )
        for each in records:
            await applier.apply(each, self.states, self.store)

    def sample(self, name: str, **labels: str) -> float | None:
        """Return the value of a metric."""
        return self.registry.get_sample_value(name, {"stream": "news.article_analyzed.v1", **labels})


def surge(count: int) -> list[Record]:
    return [record(article(number, minute=10 * number), number) for number in range(count)]


async def test_an_alert_is_published_before_its_state_is_stored() -> None:
    broker = Broker()

    await broker.read(*surge(5))

    assert broker.history[-2:] == [RAISED, "store Alder Rail 4"]


def test_an_alert_that_cannot_be_published_now_is_held_and_nothing_is_stored_meanwhile() -> None:
    broker = Broker()
    broker.publish_errors.extend(RetryableError("away") for _ in range(3))

    run_in_virtual_time(broker.read(*surge(5)))

    assert broker.history[-2:] == [RAISED, "store Alder Rail 4"]
    assert broker.sample("tidemill_retries_total", step="publish") == 3


def test_a_state_that_cannot_be_stored_now_is_stored_later() -> None:
    broker = Broker()
    broker.store_errors.append(RetryableError("away"))

    run_in_virtual_time(broker.read(*surge(1)))

    assert broker.history == ["store Alder Rail 0"]


async def test_what_can_never_work_becomes_one_dead_letter_with_its_bytes() -> None:
    broker = Broker()

    await broker.read(BROKEN, *surge(1))

    [dead] = broker.written
    assert (dead.topic, dead.key, dead.value) == ("news.article_analyzed.v1.dead", b"Alder Rail", b"{")
    assert ("h", b"1") in dead.headers
    assert broker.history[1].endswith("0 7")  # so that a restart does not dead-letter it again
    assert broker.sample("tidemill_dead_letters_total", reason="not_json") == 1
    assert broker.history[-1] == "store Alder Rail 0"


async def test_a_dead_letter_that_the_broker_finds_too_large_is_shortened() -> None:
    broker, huge = Broker(), replace(BROKEN, value=b"{" * 1_000_000)
    broker.publish_errors.append(RecordTooLargeError("no"))

    await broker.read(huge, *surge(1))

    [dead] = broker.written
    assert (dead.topic, dead.key, dead.value) == ("news.article_analyzed.v1.dead", b"Alder Rail", None)
    assert broker.history[1].endswith("0 7")
    assert broker.history[-1] == "store Alder Rail 0"


async def test_a_record_whose_alert_is_too_large_for_its_topic_becomes_one_dead_letter() -> None:
    broker = Broker()
    broker.result_max_bytes = 100

    await broker.read(*surge(6))

    [dead] = broker.written
    assert dead.topic == "news.article_analyzed.v1.dead"
    assert dict(dead.headers)["tidemill-reason"] == b"result_too_large"
    assert broker.states["Alder Rail"].offset == 5


async def test_a_flood_of_dead_letters_stops_the_service() -> None:
    with pytest.raises(DeadLetterFloodError):
        await Broker().read(BROKEN, BROKEN, BROKEN)


async def test_a_bug_goes_through_and_leaves_the_record_unapplied() -> None:
    broker = Broker()
    broker.publish_errors.append(ZeroDivisionError())

    with pytest.raises(ZeroDivisionError):
        await broker.read(*surge(5))

    assert broker.states["Alder Rail"].offset == 3
