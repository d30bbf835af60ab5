"""Fixtures that start the real Kafka, Triton and Redis once a session.

Where one cannot run, its tests skip and say why; with CI=true they fail instead.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import pytest

from deploy.local.paths import ROOT
from deploy.local.stack import Addresses

START_WITHIN_S = 100.0
STOP_WITHIN_S = 30.0
CANNOT_RUN_HERE = 2


class StackProcess:
    """A `python -m deploy.local` with what it says about its parts."""

    def __init__(self, *flags: str) -> None:
        command = [sys.executable, "-m", "deploy.local", *flags]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._said: queue.Queue[dict[str, Any]] = queue.Queue()
        self._pids: dict[str, int] = {}
        self._addresses: Addresses | None = None
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def addresses(self) -> Addresses:
        """Return where the parts answer, once all are ready; skip or fail the test when they cannot run."""
        if self._addresses is None:
            line = self.wait_for(within_s=START_WITHIN_S, key="addresses")
            self._addresses = Addresses(**line["addresses"])
        return self._addresses

    def pid(self, part: str) -> int:
        """Return the process id of a part, once all are ready: the latest that was heard of."""
        self.addresses()
        return self._pids[part]

    def wait_for(self, *, within_s: float, key: str = "part", **wanted: str) -> dict[str, Any]:
        """Return the next line that has the key and these values."""
        deadline = time.monotonic() + within_s
        while True:
            try:
                line = self._said.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                pytest.fail(f"no line with {key} {wanted} within {within_s} s")
            if not line:
                self._ended()
            if line.get("state") == "ready":
                self._pids[line["part"]] = line["pid"]
            if key in line and wanted.items() <= line.items():
                return line

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal and return the exit code."""
        self.process.send_signal(how)
        return self.process.wait(STOP_WITHIN_S)

    def last_words(self) -> str:
        """Return what it wrote on standard error, once it has ended."""
        self.process.wait(STOP_WITHIN_S)
        return (self.process.stderr.read() if self.process.stderr else "").strip()

    def close(self) -> None:
        """End it if it still runs, and let go of its pipes."""
        if self.process.poll() is None:
            self.end()
        self._listener.join()
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()

    def _listen(self) -> None:
        for line in self.process.stdout or ():
            self._said.put(json.loads(line))
        self._said.put({})  # the end

    def _ended(self) -> NoReturn:
        reason = self.last_words()
        if self.process.wait() == CANNOT_RUN_HERE and os.environ.get("CI") != "true":
            pytest.skip(reason)
        pytest.fail(f"the stack ended: {reason}")


@contextmanager
def stack_process(*flags: str) -> Iterator[StackProcess]:
    """Yield a stack that is starting, and end it."""
    stack = StackProcess(*flags)
    try:
        yield stack
    finally:
        stack.close()


@pytest.fixture(scope="session")
def real_kafka() -> Iterator[str]:
    """Yield the address of a real Apache Kafka."""
    with stack_process("--kafka", "real", "--no-triton", "--no-redis") as stack:
        yield stack.addresses().kafka_bootstrap


@pytest.fixture(scope="session")
def memory_kafka() -> Iterator[str]:
    """Yield the address of librdkafka's in-memory cluster."""
    with stack_process("--kafka", "memory", "--no-triton", "--no-redis") as stack:
        yield stack.addresses().kafka_bootstrap


@pytest.fixture(scope="session")
def triton() -> Iterator[Addresses]:
    """Yield the addresses of a real Triton with every model of the repository."""
    with stack_process("--kafka", "none", "--no-redis") as stack:
        yield stack.addresses()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """Yield the URL of a real Redis (or Valkey)."""
    with stack_process("--kafka", "none", "--no-triton") as stack:
        yield stack.addresses().redis_url
