"""Scopes of keys."""

from enum import StrEnum


class Scope(StrEnum):
    """Rights of a key."""

    MESSAGES_WRITE = "messages:write"
    """Send customer messages."""

    ARTICLES_WRITE = "articles:write"
    """Send stories."""

    IMAGES_WRITE = "images:write"
    """Send images."""

    ANALYZE = "analyze"
    """Ask the models directly."""

    RESULTS_OWN = "results:own"
    """Read results of events that the same key sent."""

    RESULTS_ALL = "results:all"
    """Read all results; includes `results:own`."""

    STREAM = "stream"
    """Subscribe to results as server-sent events."""

    TEXT_READ = "text:read"
    """Read the texts of messages and stories, not only what was decided about them."""

    CORRECTIONS_WRITE = "corrections:write"
    """Correct decisions."""

    DEAD_READ = "dead:read"
    """Read dead letters."""

    DEAD_REPLAY = "dead:replay"
    """Replay dead letters."""
