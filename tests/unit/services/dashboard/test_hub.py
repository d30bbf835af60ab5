"""Hub: one rendering a tick and view, whoever looks."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack
from typing import Any

import pytest

from services.dashboard.frames import ALIVE
from services.dashboard.hub import CrowdedError, Hub, HubLimits
from services.dashboard.state.state import State
from services.dashboard.views.page import Ask, Page
from tests.support.virtual_time import run_in_virtual_time


def no_values(state: State, ask: Ask) -> Mapping[str, Any]:
    """Return nothing."""
    del state, ask
    return {}


PAGE = Page(path="now", title="Now", template="now.html", values=no_values)
OTHER = Page(path="health", title="Health", template="health.html", values=no_values)
LIMITS = HubLimits(tick_s=0.5, viewers_max=3, views_max=2)


class Source:
    """Content that a test changes, and a count of its renderings."""

    def __init__(self) -> None:
        self.content = "0"
        self.revision = 0
        self.fault: Exception | None = None
        self.drawn: list[tuple[str, Ask]] = []

    def change(self, content: str) -> None:
        """Change the content."""
        self.content = content
        self.revision += 1

    def draw(self, page: Page, ask: Ask) -> Mapping[str, str]:
        """Return the content as the only part."""
        self.drawn.append((page.path, ask))
        if self.fault:
            raise self.fault
        return {"live_a": self.content}


@pytest.fixture
def source() -> Source:
    """Return the content of the pages."""
    return Source()


@pytest.fixture
def hub(source: Source) -> Hub:
    """Return a hub that shows it."""
    return Hub(source.draw, lambda: source.revision, LIMITS)


async def test_the_first_frame_has_the_whole_content(hub: Hub) -> None:
    with hub.viewing(PAGE, Ask()) as frames:
        assert b">0</hx-partial>" in await anext(frames)


async def test_a_change_is_rendered_once_for_all_viewers(hub: Hub, source: Source) -> None:
    with ExitStack() as stack:
        viewers = [stack.enter_context(hub.viewing(PAGE, Ask())) for _ in range(3)]
        [await anext(frames) for frames in viewers]
        source.drawn.clear()

        source.change("1")
        hub.tick()
        sent = [await anext(frames) for frames in viewers]

    assert source.drawn == [("now", Ask())]
    assert b">1</hx-partial>" in sent[0]
    assert all(frame is sent[0] for frame in sent)


async def test_what_has_not_changed_is_not_rendered(hub: Hub, source: Source) -> None:
    with hub.viewing(PAGE, Ask()) as frames:
        await anext(frames)
        source.drawn.clear()

        hub.tick()

    assert source.drawn == []


async def test_what_nobody_looks_at_is_not_rendered(hub: Hub, source: Source) -> None:
    with hub.viewing(PAGE, Ask()) as frames:
        await anext(frames)
    source.drawn.clear()

    source.change("1")
    hub.tick()

    assert source.drawn == []
    assert hub.view_count == 0


async def test_a_slow_viewer_loses_frames_and_gets_the_newest(hub: Hub, source: Source) -> None:
    with hub.viewing(PAGE, Ask()) as frames:
        await anext(frames)

        for content in ("1", "2", "3"):
            source.change(content)
            hub.tick()

        assert b">3</hx-partial>" in await anext(frames)
        assert await is_silent(frames)


async def test_filters_are_views_of_their_own_and_equal_ones_are_shared(hub: Hub, source: Source) -> None:
    news = Ask((("stream", "news"),))
    with hub.viewing(PAGE, news), hub.viewing(PAGE, news), hub.viewing(PAGE, Ask()):
        source.drawn.clear()
        source.change("1")
        hub.tick()

    assert source.drawn == [("now", news), ("now", Ask())]


async def test_a_viewer_beyond_the_limit_is_refused_and_there_is_room_when_one_leaves(hub: Hub) -> None:
    with hub.viewing(PAGE, Ask()), hub.viewing(PAGE, Ask()):
        with hub.viewing(PAGE, Ask()), pytest.raises(CrowdedError), hub.viewing(PAGE, Ask()):
            pass
        with hub.viewing(PAGE, Ask()):
            assert hub.viewer_count == 3


async def test_a_filter_beyond_the_limit_is_refused(hub: Hub) -> None:
    with (
        hub.viewing(PAGE, Ask((("stream", "a"),))),
        hub.viewing(PAGE, Ask((("stream", "b"),))),
        pytest.raises(CrowdedError),
        hub.viewing(PAGE, Ask((("stream", "c"),))),
    ):
        pass


async def test_all_streams_end_at_the_stop(hub: Hub) -> None:
    with hub.viewing(PAGE, Ask()) as frames:
        await anext(frames)
        waiting = asyncio.ensure_future(anext(frames))
        await asyncio.sleep(0)

        hub.close()

        with pytest.raises(StopAsyncIteration):
            await waiting


async def test_a_page_that_fails_stays_as_it_was_and_others_go_on(hub: Hub, source: Source) -> None:
    with hub.viewing(PAGE, Ask()) as frames:
        await anext(frames)

        source.fault = ValueError("broken")
        source.change("1")
        hub.tick()
        source.fault = None
        source.change("2")
        hub.tick()

        assert b">2</hx-partial>" in await anext(frames)


def test_it_renders_twice_a_second_and_keeps_quiet_streams_open(hub: Hub, source: Source) -> None:
    async def watch() -> list[bytes]:
        ticking = asyncio.create_task(hub.run())
        with hub.viewing(PAGE, Ask()) as frames:
            got = [await anext(frames), await anext(frames)]
            source.change("1")
            got.append(await anext(frames))
        ticking.cancel()
        return got

    _, quiet, changed = run_in_virtual_time(watch())

    assert quiet == ALIVE
    assert b">1</hx-partial>" in changed


async def test_it_tells_which_pages_are_open(hub: Hub) -> None:
    with hub.viewing(OTHER, Ask()):
        assert hub.is_open("health")
        assert not hub.is_open("now")


async def is_silent(frames: AsyncIterator[bytes]) -> bool:
    """Return whether no frame waits."""
    waiting = asyncio.ensure_future(anext(frames))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    is_waiting = not waiting.done()
    waiting.cancel()
    await asyncio.wait([waiting])
    return is_waiting
