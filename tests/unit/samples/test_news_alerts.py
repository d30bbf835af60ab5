"""Read by a model that understands every story, the news is worth exactly the documented alert."""

import json
from datetime import datetime, timedelta

from deploy.local.samples.load import EXPECTED_FILE
from deploy.local.samples.news import generate_news
from shared.events import Event, SentimentAlertRaised, SentimentAlertResolved, SentimentAlertUpdated
from tests.unit.services.sentiment_alerts.stories import START, a_desk, article, record

NEGATIVE = {"negative": 0.9, "neutral": 0.1, "positive": 0.05}


def alerts() -> list[Event]:
    """Return the events of the alert service when it has read all the news."""
    desk = a_desk(now=START + timedelta(days=30))
    for number, item in enumerate(generate_news()):
        story = article(
            number,
            minute=(item.occurred_at - START) / timedelta(minutes=1),
            negative=NEGATIVE[item.tone],
            company=item.company,
            headline=item.headline,
        )
        desk.read([record(story, number)])
    return desk.told


def test_one_alert_is_raised_for_the_surge_and_resolved_and_no_other_company_has_any() -> None:
    expected = json.loads(EXPECTED_FILE.read_text(encoding="utf-8"))["news"]

    told = alerts()
    topics = [event.name for event in told if event.name != SentimentAlertUpdated.name]

    assert {event.key for event in told} == {name.encode() for name in expected["alert_companies"]}
    assert topics == [SentimentAlertRaised.name, SentimentAlertResolved.name]


def test_the_alert_is_raised_while_the_surge_lasts() -> None:
    surge = json.loads(EXPECTED_FILE.read_text(encoding="utf-8"))["news"]["surge"]

    raised = alerts()[0]

    assert datetime.fromisoformat(surge["from"]) < raised.occurred_at < datetime.fromisoformat(surge["to"])
