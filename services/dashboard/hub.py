"""Hub: renders each view once a tick, for all of its viewers.

A viewer takes the newest content when its connection is ready for more. A slow one misses frames, and its
next one has all that changed since its last: nothing is kept for it but a number.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from services.dashboard.frames import ALIVE, Frames
from services.dashboard.views.page import Ask, Page
from shared.errors import TidemillError

Draw = Callable[[Page, Ask], Mapping[str, str]]
"""Returns the HTML of each live part of a page."""

_ALIVE_EVERY_S = 3.0
"""So often a quiet stream looks whether its viewer is still welcome: a revoked key has 5 s in all."""

log = structlog.get_logger()


class CrowdedError(TidemillError):
    """As many pages, or different filters of pages, are open as the settings allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubLimits:
    """Bounds of a hub."""

    tick_s: float = 0.5
    viewers_max: int = 1000
    views_max: int = 64


@dataclass(slots=True, eq=False)
class _Viewer:
    """An open page: the tick that it has seen, and whether there is a newer one."""

    seen: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class _View:
    """A page with one set of filters, and those who look at it."""

    frames: Frames = field(default_factory=Frames)
    viewers: set[_Viewer] = field(default_factory=set)
    revision: int = -1
    """Revision of the state that it was last rendered from."""


class Hub:
    """Views that somebody looks at, by page and filters."""

    def __init__(self, draw: Draw, revision: Callable[[], int], limits: HubLimits) -> None:
        self._draw = draw
        self._revision = revision
        self._limits = limits
        self._views: dict[tuple[Page, Ask], _View] = {}
        self._is_closed = False

    @property
    def viewer_count(self) -> int:
        """Return how many pages are open."""
        return sum(len(view.viewers) for view in self._views.values())

    @property
    def view_count(self) -> int:
        """Return how many different views they show."""
        return len(self._views)

    def is_open(self, path: str) -> bool:
        """Return whether somebody looks at a page."""
        return any(page.path == path for page, _ in self._views)

    async def run(self) -> None:
        """Render twice a second, until cancelled."""
        while True:
            await asyncio.sleep(self._limits.tick_s)
            self.tick()

    def tick(self) -> None:
        """Render the views for which the state has changed, and wake their viewers."""
        revision = self._revision()
        for (page, ask), view in self._views.items():
            if view.revision != revision and self._render(page, ask, view):
                for viewer in view.viewers:
                    viewer.news.set()
            view.revision = revision

    def _render(self, page: Page, ask: Ask, view: _View) -> bool:
        """Return whether it changed; a page that can't be rendered stays as it is, and is logged."""
        try:
            return view.frames.update(self._draw(page, ask))
        except Exception:
            log.exception("page_failed", page=page.path)
            return False

    def close(self) -> None:
        """End all streams: the web server can't stop before."""
        self._is_closed = True
        for view in self._views.values():
            for viewer in view.viewers:
                viewer.news.set()

    @contextmanager
    def viewing(self, page: Page, ask: Ask) -> Iterator[AsyncIterator[bytes]]:
        """Yield the frames of a page for one viewer, the first with all of its parts.

        Raises CrowdedError when as many pages are open as may be.
        """
        view, viewer = self._view(page, ask), _Viewer()
        view.viewers.add(viewer)
        try:
            yield self._frames(view, viewer)
        finally:
            view.viewers.discard(viewer)
            if not view.viewers:
                self._views.pop((page, ask), None)

    def _view(self, page: Page, ask: Ask) -> _View:
        if self.viewer_count >= self._limits.viewers_max:
            raise CrowdedError("as many pages are open as this dashboard allows")
        if (view := self._views.get((page, ask))) is None:
            if self.view_count >= self._limits.views_max:
                raise CrowdedError("as many different filters are in use as this dashboard allows")
            view = self._views[page, ask] = _View()
            view.revision = self._revision()
            self._render(page, ask, view)
        return view

    async def _frames(self, view: _View, viewer: _Viewer) -> AsyncIterator[bytes]:
        while not self._is_closed:
            viewer.news.clear()
            newer, viewer.seen = view.frames.since(viewer.seen), view.frames.tick
            yield newer
            while not await _within(viewer.news, _ALIVE_EVERY_S):
                yield ALIVE


async def _within(event: asyncio.Event, timeout_s: float) -> bool:
    """Return whether the event was set in time."""
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        return False
    return True
