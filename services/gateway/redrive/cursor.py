"""Cursor of a page: the age of its last letter as text."""

from services.gateway.problems import Kind, ProblemError
from shared.bus.record import Partition, Place
from shared.letters.reading import Age

_INT64 = 2**63


def as_cursor(age: Age) -> str:
    """Return the text of an age."""
    (topic, partition), offset = age.place
    return f"{age.timestamp_ms}.{partition}.{offset}.{topic}"


def from_cursor(text: str) -> Age:
    """Return the age in a text. Raises ProblemError for a text that no page gave."""
    try:
        timestamp_ms, partition, offset, topic = text.split(".", 3)
        numbers = [int(each) for each in (timestamp_ms, partition, offset) if each.isdecimal()]
        time_ms, number, at = (each for each in numbers if each < _INT64)
    except ValueError:
        raise ProblemError(Kind.INVALID, "after: take the value of `next` of a page") from None
    return Age(time_ms, Place(Partition(topic, number), at))
