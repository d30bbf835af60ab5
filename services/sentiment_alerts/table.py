"""The states of all companies, kept as JSON in a table that survives this process."""

from collections.abc import Awaitable, Iterator
from typing import Any, Protocol

from services.sentiment_alerts.state import CompanyState
from shared.errors import RetryableError


class Table(Protocol):
    """A mapping whose writes go to a changelog."""

    @property
    def last_write(self) -> Awaitable[Any]:
        """Return what ends when the last write is acknowledged."""
        ...

    def __getitem__(self, key: bytes, /) -> bytes: ...

    def __setitem__(self, key: bytes, value: bytes, /) -> None: ...

    def __iter__(self) -> Iterator[bytes]: ...

    def __contains__(self, key: object, /) -> bool: ...


class TableStates:
    """The table by company name, with an index of the open alerts.

    Values stay JSON until they are needed, so that a recovery has nothing to parse.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._alerting: set[bytes] | None = None

    def get(self, company: str) -> CompanyState | None:
        """Return the state of a company; None for a new one."""
        key = company.encode()
        return self._state(key) if key in self._table else None

    def with_alert(self) -> list[CompanyState]:
        """Return the states with an open alert."""
        if self._alerting is None:
            self._alerting = {key for key in self._table if self._state(key).alert}
        return [self._state(key) for key in sorted(self._alerting)]

    def applied(self) -> dict[int, int]:
        """Return the last offset applied in each partition, as the table remembers it."""
        offsets: dict[int, int] = {}
        for state in map(self._state, self._table):
            offsets[state.partition] = max(state.offset, offsets.get(state.partition, -1))
        return offsets

    async def store(self, state: CompanyState) -> None:
        """Return when the changelog has the state. Raises RetryableError when the broker is away."""
        key = state.company.encode()
        self._table[key] = state.model_dump_json().encode()
        if self._alerting is not None:
            (self._alerting.add if state.alert else self._alerting.discard)(key)
        try:
            await self._table.last_write
        except Exception as error:  # Faust hands on whatever its producer met
            raise RetryableError(f"storing a state: {error!r}") from error

    def recovered(self) -> None:
        """Note that the table may hold other companies now."""
        self._alerting = None

    def _state(self, key: bytes) -> CompanyState:
        return CompanyState.model_validate_json(self._table[key])
