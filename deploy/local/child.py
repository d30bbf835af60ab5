"""A child process with its whole group: it starts tethered, and nothing of it is left when it ends."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from deploy.local.part import Part
from deploy.local.paths import ROOT

TETHER = Path(__file__).with_name("tether.py")
GRACE_S = 10.0
TAIL_BYTES = 4096


class Child:
    """One started process of a part."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log

    @classmethod
    async def start(cls, part: Part, log: Path) -> "Child":
        """Return the running process; what it prints goes to the end of the log file.

        It leads a group of its own, so that Ctrl-C reaches the supervisor alone, which stops it in order.
        """
        await asyncio.to_thread(part.prepare)
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-S",
                str(TETHER),
                str(os.getpid()),
                *part.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **part.env},
                cwd=ROOT,
                start_new_session=True,
            )
        return cls(process, log)

    @property
    def pid(self) -> int:
        """Its process id, which is its group's too."""
        return self._process.pid

    async def ended(self) -> int:
        """Return the exit code once the process has ended; negative: minus the signal that killed it."""
        return await self._process.wait()

    def last_line(self) -> str:
        """Return the last line that it printed."""
        with self._log.open("rb") as log:
            log.seek(max(0, self._log.stat().st_size - TAIL_BYTES))
            lines = [
                line.strip() for line in log.read().decode(errors="replace").splitlines() if line.strip()
            ]
        return lines[-1] if lines else ""

    async def stop(self) -> None:
        """Ask it to end, wait 10 s, and kill what is left of its group."""
        if self._process.returncode is None:
            self._process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), GRACE_S)
        await self.kill()

    async def kill(self) -> None:
        """End the whole group at once, and wait for the process."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        await self._process.wait()
