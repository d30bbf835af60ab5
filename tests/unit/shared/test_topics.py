"""Topics as people name them."""

import pytest

from shared.catalogue import DEAD_TOPICS
from shared.errors import ConfigError
from shared.topics import topics


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("messages", ("customer.message_received.v1",)),
        ("image.analyzed.v1", ("image.analyzed.v1",)),
        ("news.dead", ("news.article_published.v1.dead",)),
        ("support.message_routed.v1.dead", ("support.message_routed.v1.dead",)),
        (
            "alerts",
            ("sentiment.alert_raised.v1", "sentiment.alert_updated.v1", "sentiment.alert_resolved.v1"),
        ),
        ("dead", DEAD_TOPICS),
    ],
)
def test_a_name_stands_for_these_topics(name: str, found: tuple[str, ...]) -> None:
    assert topics(name) == found


@pytest.mark.parametrize("name", ["nonsense", "", "dead.dead", "messages.dead.dead"])
def test_an_unknown_name_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(ConfigError, match=r"choose one of messages, .*alerts, dead, "):
        topics(name)
