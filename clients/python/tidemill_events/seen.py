"""Memory of the latest ids, bounded."""

from uuid import UUID


class Seen:
    """The latest `capacity` ids; the oldest is forgotten first."""

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"need {capacity=} >= 1")
        self._capacity = capacity
        self._ids: dict[UUID, None] = {}

    def __contains__(self, event_id: UUID) -> bool:
        return event_id in self._ids

    def add(self, event_id: UUID) -> None:
        """Remember an id."""
        self._ids[event_id] = None
        if len(self._ids) > self._capacity:
            del self._ids[next(iter(self._ids))]
