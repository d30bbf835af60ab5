"""Positions of consumer groups, as Kafka told them last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from shared.bus.record import Partition


class GroupPlace(NamedTuple):
    """Position of a group in one partition."""

    group: str
    partition: Partition
    committed: int | None
    end: int
    lag: int
    lost: str
    """The fault of a position that doesn't fit its log; empty when all is well."""


@dataclass(slots=True)
class Positions:
    """All positions."""

    places: Sequence[GroupPlace] = ()
    at: datetime | None = None
    fault: str = ""
    """Reason why Kafka did not tell; empty when it did."""

    def note(self, places: Sequence[GroupPlace], at: datetime) -> None:
        """Take positions over."""
        self.places, self.at, self.fault = places, at, ""

    def note_fault(self, fault: str) -> None:
        """Note that Kafka did not tell."""
        self.fault = fault
