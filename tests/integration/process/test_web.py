"""A web server in the process of a service: its port, its address in the log, and its end."""

import asyncio
import socket
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from structlog.testing import capture_logs
from tenacity import AsyncRetrying, retry_if_result, stop_after_delay, wait_fixed

from deploy.local.ports import LOOPBACK
from shared.errors import ConfigError
from shared.process.web import serve_web
from shared.settings import ListenSettings

FREE = ListenSettings(port=0)
ENDS_WITHIN_S = 10.0


def an_application() -> FastAPI:
    app = FastAPI()

    @app.get("/greeting")
    async def greeting() -> str:
        return "hello"

    @app.get("/endless")
    async def endless() -> StreamingResponse:
        async def lines() -> AsyncIterator[bytes]:
            yield b"first\n"
            await asyncio.Event().wait()

        return StreamingResponse(lines())

    return app


class Serving:
    """A server that is starting, and the address that it logs."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.log: list[dict[str, object]] = []
        self.task = asyncio.create_task(self._serve())

    async def url(self) -> str:
        """Return the address once it listens."""
        listening = AsyncRetrying(
            retry=retry_if_result(lambda log: not log),
            wait=wait_fixed(0.01),
            stop=stop_after_delay(ENDS_WITHIN_S),
        )
        logged: list[dict[str, object]] = await listening(self._logged)
        return f"http://{logged[0]['host']}:{logged[0]['port']}"

    async def _logged(self) -> list[dict[str, object]]:
        return self.log

    async def _serve(self) -> None:
        with capture_logs() as self.log:  # type: ignore[assignment]
            await serve_web(an_application(), FREE, self.stop)


async def nobody_listens(url: str) -> bool:
    async with httpx.AsyncClient() as client:
        try:
            await client.get(url)
        except httpx.ConnectError:
            return True
    return False


async def test_it_answers_at_the_address_that_it_logs_until_it_is_stopped() -> None:
    serving = Serving()
    url = await serving.url()

    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{url}/greeting")
    serving.stop.set()
    await asyncio.wait_for(serving.task, ENDS_WITHIN_S)

    assert answer.json() == "hello"
    assert [line["event"] for line in serving.log] == ["web_listening"]
    assert await nobody_listens(url)


async def test_it_ends_within_seconds_while_a_client_reads_an_endless_stream() -> None:
    serving = Serving()
    url = await serving.url()

    async with httpx.AsyncClient() as client, client.stream("GET", f"{url}/endless") as answer:
        chunks = answer.aiter_bytes()
        first = await anext(chunks)
        serving.stop.set()
        await asyncio.wait_for(serving.task, ENDS_WITHIN_S)

        with pytest.raises(httpx.RemoteProtocolError):
            await anext(chunks)

    assert first == b"first\n"


async def test_it_ends_with_the_task_that_serves() -> None:
    serving = Serving()
    url = await serving.url()

    serving.task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(serving.task, ENDS_WITHIN_S)
    assert await nobody_listens(url)


async def test_a_stop_that_came_before_the_start_is_obeyed() -> None:
    stop = asyncio.Event()
    stop.set()

    await asyncio.wait_for(serve_web(an_application(), FREE, stop), ENDS_WITHIN_S)


@pytest.mark.parametrize("host", [LOOPBACK, "192.0.2.1"], ids=["taken port", "foreign host"])
async def test_an_address_that_can_not_be_had_is_refused_with_the_cure(host: str) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        taken = ListenSettings(host=host, port=other.getsockname()[1])

        with pytest.raises(
            ConfigError, match=f"can't listen on {host}:{taken.port}.*TIDEMILL__GATEWAY__PORT"
        ):
            await serve_web(an_application(), taken, asyncio.Event())
