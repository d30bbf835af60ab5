"""Topics as people name them."""

from shared.errors import ConfigError
from shared.events import BY_NAME, DEAD_SUFFIX

DEAD_TOPICS = tuple(name + DEAD_SUFFIX for name in BY_NAME)
"""Where dead letters of our topics go, whether they exist or not."""

SHORT = {
    "messages": "customer.message_received.v1",
    "news": "news.article_published.v1",
    "images": "image.received.v1",
    "routed": "support.message_routed.v1",
    "alerts": "sentiment.alert_raised.v1",
}


def topic(name: str) -> str:
    """Return the topic behind a short or full name. Raises ConfigError listing them all."""
    full = SHORT.get(name, name)
    if full not in {*BY_NAME, *DEAD_TOPICS}:
        known = ", ".join([*SHORT, *BY_NAME])
        raise ConfigError(
            f"there is no topic {name}; choose one of {known} (or any of them with {DEAD_SUFFIX})"
        )
    return full
