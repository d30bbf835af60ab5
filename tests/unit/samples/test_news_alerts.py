"""Read by a model that understands every story, the news is worth exactly the documented alert."""

import json
from datetime import datetime, timedelta

from deploy.local.samples.load import EXPECTED_FILE
from deploy.local.samples.news import generate_news
from services.sentiment_alerts.handler import SentimentAlerts
from services.sentiment_alerts.settings import AlertSettings
from shared.bus.record import Outgoing
from shared.events import SentimentAlertRaised, SentimentAlertResolved, SentimentAlertUpdated
from tests.unit.services.sentiment_alerts.stories import START, States, article, record

NEGATIVE = {"negative": 0.9, "neutral": 0.1, "positive": 0.05}


def alerts() -> list[Outgoing]:
    """Return what the alert service tells when it has read all the news."""
    service = SentimentAlerts(AlertSettings(), clock=lambda: START + timedelta(days=30))
    states = States()
    told: list[Outgoing] = []
    for number, item in enumerate(generate_news()):
        story = article(
            number,
            minute=(item.occurred_at - START) / timedelta(minutes=1),
            negative=NEGATIVE[item.tone],
            company=item.company,
            headline=item.headline,
        )
        decision = service.decide(record(story, number), states)
        states.update({state.company: state for state in decision.states})
        told.extend(decision.outgoing)
    return told


def test_one_alert_is_raised_for_the_surge_and_resolved_and_no_other_company_has_any() -> None:
    expected = json.loads(EXPECTED_FILE.read_text(encoding="utf-8"))["news"]

    told = alerts()
    topics = [outgoing.topic for outgoing in told if outgoing.topic != SentimentAlertUpdated.name]

    assert {outgoing.key for outgoing in told} == {name.encode() for name in expected["alert_companies"]}
    assert topics == [SentimentAlertRaised.name, SentimentAlertResolved.name]


def test_the_alert_is_raised_while_the_surge_lasts() -> None:
    surge = json.loads(EXPECTED_FILE.read_text(encoding="utf-8"))["news"]["surge"]

    raised = SentimentAlertRaised.from_json(alerts()[0].value or b"")

    assert datetime.fromisoformat(surge["from"]) < raised.occurred_at < datetime.fromisoformat(surge["to"])
