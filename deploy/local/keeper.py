"""Keeper of one part: start, probe, restart with a growing pause."""

import asyncio
import math
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.child import Child
from deploy.local.part import Part, PartEvent, PartState, Probe
from shared.errors import TidemillError
from shared.process.exit_code import ExitCode

READY_EVERY_S = 0.1
READY_ANSWER_S = 5.0
PAUSES_S = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
STEADY_S = 10.0
"""A part that was ready for longer than this starts again with a failure count of zero."""
STARTS = 3
"""Attempts to start a part that was never ready."""

OnEvent = Callable[[PartEvent], None]


class PartLostError(TidemillError):
    """A part ended and can't be restarted; the text says which and why, in one line."""


class _NotWorkingError(Exception):
    """A process runs but does not work; the text says why."""


@dataclass(frozen=True, slots=True)
class Ending:
    """End of a process of a part."""

    reason: str
    code: int | None = None
    """None when it was killed because it did not work."""


class Keeper:
    """Owns the processes of one part, one after the other."""

    def __init__(self, part: Part, log: Path, *, before: Sequence["Keeper"], on_event: OnEvent) -> None:
        self.name = part.name
        self.before = before
        self.ready = asyncio.Event()
        self._part = part
        self._log = log
        self._on_event = on_event
        self._ready_since_s = math.inf

    async def keep(self) -> None:
        """Run the part again and again; stop it when cancelled.

        Raises: PartLostError when a restart would be useless.
        """
        for before in self.before:
            await before.ready.wait()
        clock = asyncio.get_running_loop().time
        failure_count = 0
        while True:
            self._ready_since_s = math.inf
            ending = await self._live_once()
            failure_count = failures_in_a_row(failure_count, ready_for_s=clock() - self._ready_since_s)
            if self._is_lost(ending, failure_count):
                raise PartLostError(f"{self.name} {ending.reason} (log: {self._log})")
            await asyncio.sleep(pause_s(failure_count))

    def _is_lost(self, ending: Ending, failure_count: int) -> bool:
        never_ready = not self.ready.is_set() and failure_count >= STARTS
        return never_ready or not self._part.restart or ending.code == ExitCode.WRONG_USE

    async def _live_once(self) -> Ending:
        """Start the part and return when it has failed; its processes are gone then."""
        try:
            child = await Child.start(self._part, self._log)
        except Exception as error:  # noqa: BLE001 - each part prepares in its own way
            return self._failed(None, Ending(f"cannot be started: {error}"))
        self._tell(PartState.STARTING, child.pid)
        try:
            return self._failed(child.pid, await self._until_broken(child))
        except asyncio.CancelledError:
            self._tell(PartState.STOPPING, child.pid)
            await child.stop()
            self._tell(PartState.STOPPED, child.pid)
            raise
        finally:
            await child.kill()

    async def _until_broken(self, child: Child) -> Ending:
        ended, watched = asyncio.create_task(child.ended()), asyncio.create_task(self._watch(child))
        try:
            await asyncio.wait((ended, watched), return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                return Ending(
                    f"{how(ended.result())}: {child.last_line()}".removesuffix(": "), ended.result()
                )
            return Ending(str(watched.exception()))
        finally:
            ended.cancel()
            watched.cancel()

    async def _watch(self, child: Child) -> None:
        """Wait until the part is ready, then probe it until it fails."""
        await self._until_ready()
        self._tell(PartState.READY, child.pid)
        self.ready.set()
        self._ready_since_s = asyncio.get_running_loop().time()
        health, failure_count = self._part.health, 0
        while True:
            await asyncio.sleep(health.every_s)
            reason = await why_not(health.probe, health.timeout_s)
            failure_count = failure_count + 1 if reason else 0
            if failure_count >= health.failures:
                raise _NotWorkingError(f"runs but does not work: {reason}")

    async def _until_ready(self) -> None:
        deadline = asyncio.get_running_loop().time() + self._part.ready_within_s
        while reason := await why_not(self._part.ready, READY_ANSWER_S):
            if asyncio.get_running_loop().time() > deadline:
                raise _NotWorkingError(f"was not ready within {self._part.ready_within_s:g} s: {reason}")
            await asyncio.sleep(READY_EVERY_S)

    def _failed(self, pid: int | None, ending: Ending) -> Ending:
        self._tell(PartState.FAILED, pid, ending.reason)
        return ending

    def _tell(self, state: PartState, pid: int | None, detail: str = "") -> None:
        self._on_event(PartEvent(self.name, state, pid, detail))


def failures_in_a_row(before: int, *, ready_for_s: float) -> int:
    """Return the number of failures in a row, given the earlier ones and the time that it was ready."""
    return 1 if ready_for_s > STEADY_S else before + 1


def pause_s(failure_count: int) -> float:
    """Return the seconds to wait before the restart after this many failures in a row, at least one."""
    return PAUSES_S[min(failure_count, len(PAUSES_S)) - 1]


async def why_not(probe: Probe, timeout_s: float) -> str:
    """Return the reason why the part does not work; empty when it works."""
    try:
        async with asyncio.timeout(timeout_s):
            await probe()
    except TimeoutError:
        return f"no answer within {timeout_s:g} s"
    except Exception as error:  # noqa: BLE001 - whatever the probe met, it is the reason
        return str(error) or repr(error)
    return ""


def how(code: int) -> str:
    """Return an exit code in words."""
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
