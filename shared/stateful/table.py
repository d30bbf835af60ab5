"""The states of all companies, kept as JSON in a table that survives this process."""

from collections.abc import Awaitable, Iterator
from typing import Any, Protocol

from services.sentiment_alerts.alert_events import OpenAlert
from services.sentiment_alerts.state import CompanyState
from services.sentiment_alerts.window import Value
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


class _Mark(Value):
    """What a recovery reads of each state."""

    partition: int
    offset: int
    alert: OpenAlert | None


class TableStates:
    """The table by company name, and beside it the states with an open alert, which each record asks for.

    All others stay JSON until they are needed: of them a recovery reads no more than how far they are.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._alerting: dict[bytes, CompanyState] = {}

    def get(self, company: str) -> CompanyState | None:
        """Return the state of a company; None for a new one."""
        key = company.encode()
        return self._alerting.get(key) or (self._state(key) if key in self._table else None)

    def with_alert(self) -> list[CompanyState]:
        """Return the states with an open alert."""
        return [self._alerting[key] for key in sorted(self._alerting)]

    async def store(self, state: CompanyState) -> None:
        """Return when the changelog has the state. Raises RetryableError when the broker is away."""
        key = state.company.encode()
        self._table[key] = state.model_dump_json().encode()
        if state.alert:
            self._alerting[key] = state
        else:
            self._alerting.pop(key, None)
        try:
            await self._table.last_write
        except Exception as error:  # Faust hands on whatever its producer met
            raise RetryableError(f"storing a state: {error!r}") from error

    def recovered(self) -> dict[int, int]:
        """Return the last offset applied in each partition, as the table remembers it after a recovery."""
        offsets: dict[int, int] = {}
        self._alerting = {}
        for key in self._table:
            mark = _Mark.model_validate_json(self._table[key])
            offsets[mark.partition] = max(mark.offset, offsets.get(mark.partition, -1))
            if mark.alert:
                self._alerting[key] = self._state(key)
        return offsets

    def _state(self, key: bytes) -> CompanyState:
        return CompanyState.model_validate_json(self._table[key])
