"""Programs of others, run as processes, with the lines that they print."""

import os
import queue
import subprocess
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

Lines = queue.Queue[str]


@contextmanager
def printing(
    command: Sequence[str], environment: Mapping[str, str], *, cwd: Path | None = None
) -> Iterator[Lines]:
    """Yield the lines that a program prints, as they come; at the end it is stopped."""
    lines: Lines = queue.Queue()
    with subprocess.Popen(
        command, cwd=cwd, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True
    ) as process:
        listener = threading.Thread(target=lambda: deque(map(lines.put, process.stdout or ()), maxlen=0))
        listener.start()
        try:
            yield lines
        finally:
            process.terminate()
            listener.join()


def finished(
    command: Sequence[str],
    *,
    within_s: float = 60.0,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Return what a program printed, once it has ended well."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=within_s,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
