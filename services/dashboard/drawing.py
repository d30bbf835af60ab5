"""Drawing: pages and their live parts, made of the state."""

from collections.abc import Mapping
from typing import Any

from services.dashboard.door import Viewer
from services.dashboard.rendering import Renderer
from services.dashboard.state.state import State
from services.dashboard.views.page import Ask, Page


class Drawing:
    """Draws pages; each call renders the state as it is."""

    def __init__(self, renderer: Renderer, state: State) -> None:
        self._renderer = renderer
        self._state = state

    def parts(self, page: Page, ask: Ask) -> dict[str, str]:
        """Return the live parts of a page, the same for all whose wish is equal."""
        return self._renderer.parts(page, self._values(page, ask))

    def whole(self, page: Page, ask: Ask, viewer: Viewer) -> str:
        """Return a whole page; what differs between viewers stands around its live parts."""
        return self._renderer.page(page.template, {**self._values(page, ask), "viewer": viewer})

    def plain(self, template: str, values: Mapping[str, Any]) -> str:
        """Return a page without live parts."""
        return self._renderer.page(template, values)

    def _values(self, page: Page, ask: Ask) -> dict[str, Any]:
        return {"page": page, "ask": ask, "state": self._state, **page.values(self._state, ask)}
