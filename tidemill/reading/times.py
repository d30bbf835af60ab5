"""Times in rows: ISO 8601 text becomes a time with a zone, or is refused with the option that helps."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from shared.errors import ConfigError


def time_zone(name: str | None) -> ZoneInfo | None:
    """Return the zone of `--timezone`. Raises ConfigError when there is none of that name."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not found, no name of a zone, the name of a folder
        raise ConfigError(f"--timezone {name}: there is no such zone; an example is Europe/Berlin") from None


def as_time(value: object, zone: ZoneInfo | None) -> object:
    """Return the time in a cell; a value that is no ISO 8601 text comes back as it is.

    A time without a zone is one of `zone`, the earlier one where the clocks go back. Raises ValueError when
    there is no zone to take, or the clocks of the zone skip the time.
    """
    if not isinstance(value, str) or value[4:5] != "-":
        return value
    try:
        time = datetime.fromisoformat(value.strip())
    except ValueError:
        return value
    if time.tzinfo is not None:
        return time
    if zone is None:
        raise ValueError("the time has no zone; say which with --timezone, such as --timezone Europe/Berlin")
    local = time.replace(tzinfo=zone)
    if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None, fold=0) != time:
        raise ValueError(f"the clocks of {zone.key} skip this time")
    return local
