"""Names of topics as people write them: short names, full names, and dead letters."""

from shared.catalogue import ALIASES, DEAD_TOPICS
from shared.errors import ConfigError
from shared.events import BY_NAME, DEAD_SUFFIX

_NAMES = {**{name: (name,) for name in BY_NAME}, **ALIASES}


def topics(name: str) -> tuple[str, ...]:
    """Return the topics that a short or full name stands for; `dead` is all dead letters.

    Raises ConfigError that lists the names.
    """
    if name == "dead":
        return DEAD_TOPICS
    plain = name.removesuffix(DEAD_SUFFIX)
    suffix = name.removeprefix(plain)
    if plain in _NAMES:
        return tuple(topic + suffix for topic in _NAMES[plain])
    known = ", ".join([*ALIASES, "dead", *BY_NAME])
    raise ConfigError(f"there is no topic {name}; choose one of {known} (or one of them with {DEAD_SUFFIX})")
