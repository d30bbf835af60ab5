"""Pages over HTTP: what arrives in Kafka is on every open page within seconds, whatever the network does."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from shared.bus.record import Outgoing
from shared.events.headers import new_trace
from shared.keys.file import add_key, revoke_key
from shared.keys.key import new_key
from shared.keys.scope import Scope
from tests.integration.services.service_process import ServiceProcess, publish, running
from tests.support.stack import stack_process
from tests.unit.tidemill.events import a_message, a_route

WITHIN_S = 20.0
REVOKED_WITHIN_S = 5.0


def routed(text: str) -> list[Outgoing]:
    """Return the record of a message that the bot has routed."""
    return [Outgoing.of(a_route(a_message(text)), source="tests", trace=new_trace())]


@asynccontextmanager
async def dashboard(bootstrap: str, **more: str) -> AsyncIterator[ServiceProcess]:
    """Yield a dashboard that reads topics."""
    await publish(bootstrap, routed("the first"))  # so that there is a topic to read
    async with (
        open_gateway() as url,
        running("dashboard", bootstrap, **{"TIDEMILL__GATEWAY_URL": url, **more}) as pages,
    ):
        await pages.ready()
        yield pages


@asynccontextmanager
async def open_gateway() -> AsyncIterator[str]:
    """Yield the address of a gateway without keys, as far as pages that nobody changes need one."""

    async def me(request: web.Request) -> web.Response:
        del request
        return web.json_response({"key_id": "open", "name": "open", "scopes": list(Scope)})

    app = web.Application()
    app.router.add_get("/v1/me", me)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


async def until_shown(page: aiohttp.ClientResponse, text: str) -> float:
    """Return how long it took until a frame of a stream held a text."""
    began_s = time.monotonic()
    seen = b""
    async with asyncio.timeout(WITHIN_S):
        while text.encode() not in seen:
            chunk = await page.content.readany()
            if not chunk:
                pytest.fail(f"the stream ended without {text!r}")
            seen = (seen + chunk)[-200_000:]
    return time.monotonic() - began_s


async def test_a_message_is_on_an_open_page_when_it_is_decided(memory_kafka: str) -> None:
    async with (
        dashboard(memory_kafka) as pages,
        aiohttp.ClientSession(await pages.web()) as viewer,
        viewer.get("/streams/now") as page,
    ):
        await publish(memory_kafka, routed("the card is lost"))

        took_s = await until_shown(page, "the card is lost")

        assert page.content_type == "text/event-stream"
        assert took_s < WITHIN_S


async def test_a_page_has_its_script_and_its_style_from_here(memory_kafka: str) -> None:
    async with dashboard(memory_kafka) as pages, aiohttp.ClientSession(await pages.web()) as viewer:
        async with viewer.get("/now") as answer:
            page = await answer.text()
        addresses = [part.partition('"')[0] for part in page.split('"/static/')[1:]]
        sizes = []
        for address in addresses:
            async with viewer.get(f"/static/{address}") as file:
                assert file.status == 200
                assert "immutable" in file.headers["Cache-Control"]
                assert file.headers["Content-Encoding"] == "gzip"
                sizes.append(int(file.headers["Content-Length"]))

    assert any(address.startswith("htmax-4.min.") for address in addresses)
    assert sum(sizes) + len(page) < 250_000


async def test_a_viewer_that_does_not_read_holds_up_nobody(memory_kafka: str) -> None:
    async with dashboard(memory_kafka) as pages:
        url = await pages.web()
        port = int(url.rpartition(":")[2])
        stuck = [await asyncio.open_connection("127.0.0.1", port, limit=1024) for _ in range(20)]
        for _, writer in stuck:
            writer.write(f"GET /streams/now HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        async with aiohttp.ClientSession(url) as viewer, viewer.get("/streams/now") as page:
            for number in range(5):
                await publish(memory_kafka, routed(f"message {number} " + "x" * 15_000))
                await until_shown(page, f"message {number} ")
        for _, writer in stuck:
            writer.close()

        assert await pages.stop() == 0


async def test_pages_say_that_kafka_is_away_and_go_on_when_it_is_back() -> None:
    with stack_process("--kafka", "memory", "--no-triton", "--no-redis") as stack:
        bootstrap = stack.addresses().kafka_bootstrap
        async with (
            dashboard(bootstrap) as pages,
            aiohttp.ClientSession(await pages.web()) as viewer,
            viewer.get("/streams/now") as page,
        ):
            await until_shown(page, "the first")

            os.kill(stack.pid("kafka"), signal.SIGSTOP)
            await until_shown(page, "Kafka is away since")
            os.kill(stack.pid("kafka"), signal.SIGCONT)
            await publish(bootstrap, routed("after the outage"))
            await until_shown(page, "after the outage")

            async with viewer.get("/now") as answer:
                assert "Kafka is away" not in await answer.text()


async def test_a_revoked_key_ends_an_open_page_within_seconds(memory_kafka: str, tmp_path: Path) -> None:
    keys, key = tmp_path / "keys.json", new_key("lead", frozenset(Scope), expires_at=None)
    add_key(keys, key)
    async with (
        running("gateway", memory_kafka, TIDEMILL__KEYS_FILE=str(keys)) as gateway,
        dashboard(memory_kafka, TIDEMILL__GATEWAY_URL=await gateway.web()) as pages,
    ):
        url = await pages.web()
        jar = aiohttp.CookieJar(unsafe=True)  # cookies of an IP address
        async with aiohttp.ClientSession(url, cookie_jar=jar) as viewer:
            async with viewer.get("/now", allow_redirects=False) as before:
                assert before.status == 303
            async with viewer.post("/login", data={"key": key.secret, "next": "/now"}) as landed:
                assert landed.url.path == "/now"
            async with viewer.get("/streams/now") as page:
                await page.content.readany()

                revoke_key(keys, key.key.id)
                revoked_s = time.monotonic()
                async with asyncio.timeout(WITHIN_S):
                    while not page.content.at_eof():
                        await publish(memory_kafka, routed("still going on"))
                        await page.content.readany()
                ended_s = time.monotonic() - revoked_s

    assert ended_s < REVOKED_WITHIN_S + 2.0  # the gateway itself needs up to 5 s on a busy machine
    assert key.secret not in pages.log
