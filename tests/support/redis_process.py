"""A Redis of one test's own, which it may pause and kill."""

import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from deploy.local.ports import LOOPBACK
from deploy.local.redis import RedisServer
from shared.errors import ConfigError


@dataclass
class RedisProcess:
    """Keeps its port, so that clients find it again after a restart."""

    server: RedisServer = field(default_factory=RedisServer)
    more: tuple[str, ...] = ()
    """Further words of its command line."""

    sentinel: Path | None = None
    """The configuration file, empty at first, of a Sentinel instead of a Redis."""

    _child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address in the form that clients take."""
        return self.server.url

    async def start(self) -> None:
        """Return when it answers. Skips the test where no Redis is installed, except in CI."""
        try:
            command = self._command()
        except ConfigError as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(str(error))
        self._child = subprocess.Popen([*command, *self.more], stdout=subprocess.DEVNULL)  # noqa: ASYNC220 - forks, then returns
        await self._answers()

    def _command(self) -> tuple[str, ...]:
        command = self.server.part().command
        if self.sentinel is None:
            return command
        self.sentinel.touch()
        port = str(self.server.port)
        return command[0], str(self.sentinel), "--sentinel", "--bind", LOOPBACK, "--port", port

    def kill(self) -> None:
        """End it as a crash would."""
        self._signal(signal.SIGKILL)
        if self._child is not None:
            self._child.wait()
            self._child = None

    def pause(self) -> None:
        """Let it hold all connections and answer nothing."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._child is not None:
            self._child.send_signal(number)

    @retry(retry=retry_if_exception_type(OSError), wait=wait_fixed(0.02), stop=stop_after_delay(10))
    async def _answers(self) -> None:
        await self.server.ping()


@asynccontextmanager
async def running_redis(*more: str, sentinel: Path | None = None) -> AsyncIterator[RedisProcess]:
    """Run one, with these words on its command line, while the context lasts."""
    redis = RedisProcess(more=more, sentinel=sentinel)
    await redis.start()
    try:
        yield redis
    finally:
        redis.kill()
