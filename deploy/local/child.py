"""Child process with its process group: it ends with its parent, and leaves no process behind."""

import asyncio
import os
import re
import signal
import sys
from contextlib import suppress
from pathlib import Path

from deploy.local.part import Part
from deploy.local.paths import ROOT

TETHER = Path(__file__).with_name("tether.py")
GRACE_S = 10.0
TAIL_BYTES = 16_384

_LESSER = re.compile(r"\b(?:WARN|WARNING|INFO|DEBUG)\b|\"level\": ?\"(?:warning|info|debug)\"")
_COMPLAINT = re.compile(r"\b(?:ERROR|FATAL|CRITICAL)\b|(?:Error|Exception)\b")


class Child:
    """A started process of a part."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path, *, log_start: int) -> None:
        self._process = process
        self._log = log
        self._log_start = log_start

    @classmethod
    async def start(cls, part: Part, log: Path) -> "Child":
        """Return the running process; its output goes to the end of the log file.

        It leads a process group of its own, so Ctrl-C reaches the supervisor alone, which stops the parts in
        order.
        """
        await asyncio.to_thread(part.prepare)
        with log.open("ab") as output:
            log_start = output.tell()
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-S",
                str(TETHER),
                str(os.getpid()),
                *(("nice", "-n", str(part.nice)) if part.nice else ()),
                *part.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **part.env},
                cwd=ROOT,
                start_new_session=True,
            )
        return cls(process, log, log_start=log_start)

    @property
    def pid(self) -> int:
        """Its process id, which is its group's too."""
        return self._process.pid

    async def ended(self) -> int:
        """Return the exit code once the process has ended; negative: minus the signal that killed it."""
        return await self._process.wait()

    def last_line(self) -> str:
        """Return the last line of its output that names an error, else the very last line."""
        with self._log.open("rb") as log:
            # Earlier lines are of a former process: its errors are not the reason for this end.
            log.seek(max(self._log_start, self._log.stat().st_size - TAIL_BYTES))
            return telling_line(log.read().decode(errors="replace"))

    async def stop(self) -> None:
        """Ask it to end, wait 10 s, and kill the rest of its group."""
        if self._process.returncode is None:
            self._process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), GRACE_S)
        await self.kill()

    async def kill(self) -> None:
        """Kill the whole group, and wait for the process."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        await self._process.wait()


def telling_line(log: str) -> str:
    """Return the last line that names an error, else the last line that is not blank."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    # A part often writes more after the error: warnings about open resources, and a last greeting.
    complaints = [line for line in lines if _COMPLAINT.search(line) and not _LESSER.search(line)]
    return (complaints or lines or [""])[-1]
