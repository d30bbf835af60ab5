"""Results of reading: rows that were found, and rows that are left out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """A row that can be read."""

    number: int
    """Position among all rows from 1, those left out included; it is part of the id of the row's event."""

    place: str
    """File and line, or the name of an image in its folder."""

    row: Row

    note: str = ""
    """Remark that the summary counts, such as a conversion."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that can't be read."""

    place: str
    why: str

    not_in_encoding: bool = False
    """True when its bytes are not text in the encoding of the file."""

    def __str__(self) -> str:
        return f"{self.place}: {self.why}"


Reading: TypeAlias = Iterator[Found | LeftOut]
