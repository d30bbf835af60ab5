"""Supervisor of parts: starts them in order, restarts failed ones, and ends them all with itself."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local.keeper import Keeper, OnEvent, PartLostError
from deploy.local.part import Part


class Supervisor:
    """Owns the child processes of a run.

    As a context manager it ends them all, dependents first. When a part is lost, the body of the `async with`
    is cancelled, and PartLostError comes out of it.
    """

    def __init__(self, *, logs: Path, on_event: OnEvent) -> None:
        self._logs = logs
        self._on_event = on_event
        self._keepers: dict[str, Keeper] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._group = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        """Create the folder of the logs."""
        self._logs.mkdir(parents=True, exist_ok=True)
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop all parts, then raise the error of a lost part, if any."""
        await self._stop_all()
        try:
            await self._group.__aexit__(kind, error, trace)
        except BaseExceptionGroup as group:
            lost, others = group.split(PartLostError)
            if lost:
                raise lost.exceptions[0] from None
            if others and others.exceptions != (error,):
                raise

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the started parts, in their order."""
        return tuple(self._keepers)

    async def start(self, parts: Sequence[Part]) -> None:
        """Start the parts, each after those that it names, and return when all are ready.

        They count as dependents of all that were started by an earlier call: at the end they stop first.
        A part that cannot start as it is set up ends the whole `async with` by PartLostError.
        """
        earlier = list(self._keepers.values())
        for part in parts:
            before = [*earlier, *(self._keepers[name] for name in part.starts_after)]
            keeper = Keeper(part, self._logs / f"{part.name}.log", before=before, on_event=self._on_event)
            self._keepers[part.name] = keeper
            self._tasks[part.name] = self._group.create_task(keeper.keep(), name=part.name)
        for part in parts:
            await self._keepers[part.name].ready.wait()

    async def _stop_all(self) -> None:
        """Stop the parts that no running part needs, at the same time, until none is left."""
        waiting = dict(self._keepers)
        while waiting:
            needed = {before.name for keeper in waiting.values() for before in keeper.before}
            tasks = [self._tasks[name] for name in waiting.keys() - needed]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            waiting = {name: waiting[name] for name in waiting.keys() & needed}
