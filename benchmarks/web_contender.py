"""Processes under test that answer HTTP."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_fixed

from benchmarks.bench import Bench
from benchmarks.contender import Contender, Running, running
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.stack import LocalStack

ECHO = "benchmarks.echo_gateway"
GATEWAY = "services.gateway"

_NO_BOUNDS = {
    "TIDEMILL__GUARD__RATE_COUNT": "1000000",
    "TIDEMILL__GUARD__ANALYZE_COUNT": "1000000",
    "TIDEMILL__GUARD__RATE_WINDOW_S": "1",
    "TIDEMILL__DIRECT__DEADLINE_S": "60",
}
"""The quotas are counted, and never used up; a slow answer is measured, not refused."""

_START_WITHIN_S = 60.0


class _NotThereYetError(Exception):
    """The process does not answer as it will."""


@dataclass(frozen=True, slots=True)
class WebProcess:
    """A process that answers HTTP."""

    url: str
    process: Running

    @property
    def cpu_s(self) -> float:
        """Return the CPU time that it has taken."""
        return self.process.usage().cpu_s

    async def answers(self, path: str, body: Mapping[str, Any]) -> None:
        """Return when a call is answered without an error. Raises ConfigError when the process has ended."""
        asking = AsyncRetrying(
            retry=retry_if_exception_type((_NotThereYetError, aiohttp.ClientError)),
            wait=wait_fixed(0.2),
            stop=stop_after_delay(_START_WITHIN_S),
            reraise=True,
        )
        async with aiohttp.ClientSession() as session:
            await asking(self._ask, session, path, body)

    async def _ask(self, session: aiohttp.ClientSession, path: str, body: Mapping[str, Any]) -> None:
        self.process.usage()
        async with session.post(self.url + path, json=body) as response:
            if not response.ok:
                raise _NotThereYetError(f"{path}: {response.status} {await response.text()}")


@asynccontextmanager
async def web_process(module: str, stack: LocalStack, bench: Bench) -> AsyncIterator[WebProcess]:
    """Start the gateway, or the echo in its place, on the stack; end it with the block."""
    port = free_port()
    env = {"TIDEMILL__GATEWAY__PORT": str(port), **_NO_BOUNDS}
    if stack.addresses.redis_url:
        env["TIDEMILL__REDIS__URL"] = stack.addresses.redis_url
    contender = Contender(name=module.rpartition(".")[2], module=module, writes="", env=env)
    async with running(contender, stack, bench.models) as process:
        yield WebProcess(f"http://{LOOPBACK}:{port}", process)
