"""Events of the parts of a running stack, for tests that break one and wait for its return."""

import asyncio
from collections.abc import Callable, Collection

import psutil

from deploy.local.part import PartEvent, PartState

_WITHIN_S = 60.0
_LOOK_EVERY_S = 0.05
_SETTLED_S = 3.0
"""Longer than a part takes to notice that a model it just started with answers nonsense."""


class Parts:
    """All changes so far; what waits for one raises TimeoutError after a minute."""

    def __init__(self) -> None:
        self._seen: list[PartEvent] = []

    def note(self, event: PartEvent) -> None:
        """Take a change down: the `on_event` of a stack."""
        self._seen.append(event)

    def mark(self) -> int:
        """Return this point in the history, for those who wait for what comes after it."""
        return len(self._seen)

    async def process(self, part: str) -> psutil.Process:
        """Return the process that a part is, once it is ready."""
        await self._met(lambda: self._are_ready([part]))
        pid = next(each.pid for each in reversed(self._seen) if each.part == part and each.pid)
        return psutil.Process(pid)

    async def process_of_model(self, model: str) -> psutil.Process:
        """Return one of the processes in which the embedded Triton runs a model."""
        triton = await self.process("triton")
        children = triton.children(recursive=True)
        return next(child for child in children if any(model in word for word in child.cmdline()))

    async def back(self, part: str, *, since: int) -> None:
        """Return when a part is ready again."""
        await self._met(lambda: (part, PartState.READY) in self._changes(since))

    async def failed(self, part: str, *, since: int) -> None:
        """Return when a part was found broken."""
        await self._met(lambda: (part, PartState.FAILED) in self._changes(since))

    async def ended(self, *words: str, since: int) -> None:
        """Return when a part was found broken whose reason has all of these words."""
        await self._met(lambda: any(_has(event, words) for event in self._seen[since:]))

    async def settled(self, parts: Collection[str]) -> None:
        """Return when all of these are ready, and nothing has changed for a while."""
        async with asyncio.timeout(_WITHIN_S):
            seen_count = -1
            while seen_count != len(self._seen) or not self._are_ready(parts):
                seen_count = len(self._seen)
                await asyncio.sleep(_SETTLED_S)

    def _are_ready(self, parts: Collection[str]) -> bool:
        states = {each.part: each.state for each in self._seen}
        return all(states.get(part) is PartState.READY for part in parts)

    def _changes(self, since: int) -> set[tuple[str, PartState]]:
        return {(each.part, each.state) for each in self._seen[since:]}

    async def _met(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(_WITHIN_S):
            while not condition():  # noqa: ASYNC110 - what is waited for is told by callbacks
                await asyncio.sleep(_LOOK_EVERY_S)


def _has(event: PartEvent, words: Collection[str]) -> bool:
    return event.state is PartState.FAILED and all(each in event.detail for each in words)
