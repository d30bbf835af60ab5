"""A gateway with its guard and its own web server in this process, on a bus in memory."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from fastapi import APIRouter
from prometheus_client import CollectorRegistry
from starlette.responses import StreamingResponse

from deploy.local.ports import LOOPBACK, free_port
from services.gateway.api import application
from services.gateway.guard.guard import Guard
from services.gateway.guard.opening import guarded
from services.gateway.guard.settings import GuardSettings
from services.gateway.results.metrics import ResultMetrics
from services.gateway.results.receipts import Receipts
from services.gateway.results.recent import RecentAnswers
from services.gateway.results.replying import Replies
from services.gateway.results.store import AnswerStore
from services.gateway.routes import articles, images, me, messages
from services.gateway.routes.receiving import Receiving
from services.gateway.settings import Settings
from shared.bus.memory import MemoryBus
from shared.cache.memory import NullCache
from shared.events import CustomerMessageReceived
from shared.keys.file import add_key
from shared.keys.key import new_key
from shared.keys.scope import Scope
from shared.process.web import serve_web
from shared.settings import ListenSettings, RedisSettings
from tests.support.receiving import LINKS, acceptor, records

MESSAGE = {"conversation_id": "c-1", "text": "Where is my card?"}
WITHIN_S = 20.0


@dataclass
class Front:
    """A running gateway, and what its callers do."""

    port: int
    guard: Guard
    registry: CollectorRegistry
    bus: MemoryBus
    key: str | None
    held: asyncio.Event
    """Set: `GET /held` answers."""

    clients: list[httpx.AsyncClient] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    """Connections that are closed at the end."""

    def client(self, key: str | None = None) -> httpx.AsyncClient:
        """Return a client with this key, by default the gateway's first one."""
        secret = key or self.key
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        made = httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{self.port}", headers=headers, timeout=WITHIN_S)
        self.clients.append(made)
        return made

    async def raw(self, *parts: bytes) -> bytes:
        """Send bytes as they are, and return all that comes back until the gateway closes."""
        reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
            return await asyncio.wait_for(_rest(reader), WITHIN_S)
        finally:
            writer.close()

    def head(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, *, key: str | None = None
    ) -> bytes:
        """Return the head of a request that the gateway would take."""
        all_headers = {"Host": f"{LOOPBACK}:{self.port}", **(headers or {})}
        if secret := key or self.key:
            all_headers["Authorization"] = f"Bearer {secret}"
        lines = "".join(f"{name}: {value}\r\n" for name, value in all_headers.items())
        return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode()

    def know_keys(self) -> None:
        """Have the gateway look at its keys now, as it does each second."""
        self.guard.look()

    async def still_works(self) -> None:
        """Assert that a good message is accepted, and on the topic."""
        before = len(self.messages())

        answer = await self.client().post("/v1/messages", json=MESSAGE)

        assert answer.status_code == 202, answer.text
        assert len(self.messages()) == before + 1

    def messages(self) -> list[bytes | None]:
        """Return the values of all messages on the topic."""
        return [record.value for record in records(self.bus, CustomerMessageReceived.name)]


async def once(holds: Callable[[], bool | Awaitable[bool]]) -> None:
    """Return when the condition holds, which is asked again and again."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            answer = holds()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.02)


async def _rest(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


def refused(answer: httpx.Response, status: int, reason: str) -> None:
    """Assert that the answer is a problem with this reason, and can't be taken for a page."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["reason"] == reason


def refused_raw(answer: bytes, status: int, reason: str) -> None:
    """Assert the same of an answer as it came."""
    assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer[:300]
    assert b"application/problem+json" in answer
    assert f'"reason":"{reason}"'.encode() in answer


def a_key(path: Path, *scopes: Scope, name: str = "shop") -> str:
    """Add a key with these scopes, by default all, and return its secret."""
    made = new_key(name, scopes or list(Scope), expires_at=None)
    add_key(path, made)
    return made.secret


@asynccontextmanager
async def front(
    *, guard: GuardSettings | None = None, keys_file: Path | None = None, redis: RedisSettings | None = None
) -> AsyncIterator[Front]:
    """Yield a gateway; with a file of keys it has one with all scopes."""
    key = a_key(keys_file) if keys_file else None
    port = int(str(free_port()))
    settings = Settings(
        gateway=ListenSettings(port=port),
        guard=guard or GuardSettings(),
        keys_file=keys_file,
        redis=redis or RedisSettings(),
    )
    bus, registry, stop, held = MemoryBus(), CollectorRegistry(), asyncio.Event(), asyncio.Event()
    async with guarded(application(_routers(bus, held)), settings, registry, stop) as guarding:
        serving = asyncio.create_task(serve_web(guarding.app, settings.gateway, stop, http=guarding.protocol))
        await _listens(port)
        made = Front(port, guarding.app, registry, bus, key, held)
        try:
            yield made
        finally:
            for client in made.clients:
                await client.aclose()
            for writer in made.writers:
                writer.close()
            stop.set()
            await serving


def _routers(bus: MemoryBus, held: asyncio.Event) -> tuple[APIRouter, ...]:
    """Return the routes that take events, one that answers when told to, and a stream without an end."""
    replies = Replies(
        RecentAnswers(max_count=10, max_bytes=10_000),
        Receipts(AnswerStore(NullCache()), max_count=10),
        LINKS,
        ResultMetrics(CollectorRegistry()),
    )
    takes = Receiving(acceptor(bus.producer()).accept, replies)
    more = APIRouter()

    @more.get("/held")
    async def answer_when_told() -> str:
        await held.wait()
        return "at last"

    @more.get("/v1/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(_events(), media_type="text/event-stream")

    return (me.routes, messages.router(takes), articles.router(takes), images.router(takes), more)


async def _events() -> AsyncIterator[bytes]:
    yield b": hello\n\n"
    await asyncio.Event().wait()


async def _listens(port: int) -> None:
    async def is_there() -> bool:
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, port)
        except OSError:
            return False
        writer.close()
        return True

    await once(is_there)
