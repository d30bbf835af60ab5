"""Health and metrics over HTTP, and a port that is taken."""

import asyncio

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter

from shared.errors import ConfigError
from shared.process.http import Health, serve_http
from shared.settings import HttpSettings

FREE = HttpSettings(port=0)


def a_health(why: str | None) -> Health:
    return Health(live=lambda: None, ready=lambda: why)


async def fetch(port: int, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, await answer.text()


async def test_a_service_that_waits_is_alive_but_not_ready_and_says_why() -> None:
    server = await serve_http(FREE, a_health("waiting for model digit"), CollectorRegistry())
    port = server.addresses[0][1]

    live, ready = await fetch(port, "/health/live"), await fetch(port, "/health/ready")
    await server.cleanup()

    assert live[0] == 200
    assert ready[0] == 503
    assert "waiting for model digit" in ready[1]


async def test_a_service_serves_routes_of_its_own_beside_health() -> None:
    async def greet(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    server = await serve_http(FREE, a_health(None), CollectorRegistry(), routes=[web.get("/greeting", greet)])
    port = server.addresses[0][1]

    own, live = await fetch(port, "/greeting"), await fetch(port, "/health/live")
    await server.cleanup()

    assert own == (200, "hello")
    assert live[0] == 200


async def test_metrics_are_those_of_the_registry() -> None:
    registry = CollectorRegistry()
    Counter("tidemill_things", "Things.", registry=registry).inc(3)
    server = await serve_http(FREE, a_health(None), registry)

    status, text = await fetch(server.addresses[0][1], "/metrics")
    await server.cleanup()

    assert status == 200
    assert "tidemill_things_total 3.0" in text


async def test_metrics_tell_what_the_process_takes() -> None:
    server = await serve_http(FREE, a_health(None), CollectorRegistry())
    async with asyncio.TaskGroup() as group:
        done = asyncio.Event()
        waiting = [group.create_task(done.wait()) for _ in range(50)]
        _, text = await fetch(server.addresses[0][1], "/metrics")
        done.set()
    await server.cleanup()

    found = dict(line.split() for line in text.splitlines() if not line.startswith("#"))
    assert float(found["tidemill_tasks"]) > len(waiting)
    assert float(found["process_resident_memory_bytes"]) > 0
    assert float(found["process_open_fds"]) > 0


async def test_a_taken_port_is_refused_with_the_cure() -> None:
    server = await serve_http(FREE, a_health(None), CollectorRegistry())
    taken = HttpSettings(port=server.addresses[0][1])

    with pytest.raises(ConfigError, match="TIDEMILL__HTTP__PORT"):
        await serve_http(taken, a_health(None), CollectorRegistry())
    await server.cleanup()
