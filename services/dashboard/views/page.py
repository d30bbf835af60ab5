"""Page: a template, and the function that makes its values of the state."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from services.dashboard.state.state import State
from shared.keys.scope import Scope

SHOWN_SCOPES = frozenset({Scope.TEXT_READ, Scope.CORRECTIONS_WRITE, Scope.DEAD_READ, Scope.DEAD_REPLAY})
"""Scopes on which the content of a page depends."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A viewer's wish: filters of the page, and the scopes on which its content depends.

    Viewers with equal wishes share one view, which is rendered once for all of them.
    """

    filters: tuple[tuple[str, str], ...] = ()
    """Names and values, sorted by name, without empty ones."""

    scopes: frozenset[Scope] = SHOWN_SCOPES

    def get(self, name: str) -> str | None:
        """Return the value of a filter; None when it is not set."""
        return dict(self.filters).get(name)

    def may(self, scope: str) -> bool:
        """Return whether the viewer has a scope, such as `corrections:write`."""
        return scope in self.scopes

    def shown(self, text: str) -> str | None:
        """Return the text of a message or story; None where the viewer may not read it."""
        return text if Scope.TEXT_READ in self.scopes else None


Values = Callable[[State, Ask], Mapping[str, Any]]
"""Pure: the same state and wish give the same values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page that stays up to date while it is open.

    The blocks of its template whose names begin with `live_` are sent again when they change; each stands
    in an element whose id is the name of the block.
    """

    path: str
    """Path in the address, without the leading slash; also its stream's, below `streams/`."""

    title: str
    template: str
    values: Values
    filters: tuple[str, ...] = ()
    """Names of the parameters of the address that it knows; others are dropped."""

    needs: Scope | None = Scope.RESULTS_ALL
    """Scope without which the page is not shown."""

    is_listed: bool = True
    """False for a page that only links of other pages lead to."""

    beneath: str | None = None
    """Path of the page that it belongs to in the navigation; None for a page of the first level."""


def ask_of(page: Page, query: Mapping[str, str], scopes: Collection[str]) -> Ask:
    """Return the wish in the parameters of an address, of a viewer with these scopes."""
    known = {name: query[name].strip()[:_FILTER_MAX_CHARACTERS] for name in page.filters if name in query}
    return Ask(
        tuple(sorted((name, value) for name, value in known.items() if value)),
        SHOWN_SCOPES.intersection(scopes),
    )


_FILTER_MAX_CHARACTERS = 200
