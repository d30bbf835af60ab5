"""Bad input, pages and proxies: other origins, DNS rebinding, preflights, forwarded requests."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from deploy.local.paths import ROOT
from services.gateway.guard.settings import GuardSettings
from tests.support.front import MESSAGE, Front, front, refused


@pytest.fixture
async def gateway() -> AsyncIterator[Front]:
    """Yield a gateway without keys."""
    async with front() as running:
        yield running


async def send(gateway: Front, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await gateway.client().post("/v1/messages", json=MESSAGE, headers=named)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": ""},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
    ids=str,
)
async def test_a_page_of_another_origin_is_refused(gateway: Front, headers: dict[str, str]) -> None:
    refused(await send(gateway, **headers), 403, "foreign_origin")
    assert gateway.messages() == []
    await gateway.still_works()


async def test_a_page_of_its_own_origin_may_send(gateway: Front) -> None:
    answer = await send(gateway, Origin=f"http://127.0.0.1:{gateway.port}", Sec_Fetch_Site="same-origin")

    assert answer.status_code == 202


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example", "[::2]"]
)
async def test_another_host_name_is_refused(gateway: Front, host: str) -> None:
    refused(await send(gateway, Host=host), 421, "host_unknown")
    assert gateway.messages() == []
    await gateway.still_works()


async def test_loopback_goes_by_each_of_its_names(gateway: Front) -> None:
    for host in ("localhost", "127.0.0.1", "[::1]", "LOCALHOST"):
        assert (await send(gateway, Host=f"{host}:{gateway.port}")).status_code == 202


async def test_a_second_host_is_refused(gateway: Front) -> None:
    head = f"GET /v1/me HTTP/1.1\r\nHost: 127.0.0.1:{gateway.port}\r\nHost: evil\r\nConnection: close\r\n\r\n"

    assert b'"reason":"header_twice"' in await gateway.raw(head.encode())


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP"])
async def test_a_proxy_in_front_of_an_open_gateway_is_refused(gateway: Front, header: str) -> None:
    refused(await send(gateway, **{header: "for=203.0.113.7"}), 403, "forwarded_without_keys")
    await gateway.still_works()


async def test_a_preflight_gets_no_permission(gateway: Front) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}

    answer = await gateway.client().options("/v1/messages", headers=asked)

    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_with_keys_a_list_of_hosts_holds_and_proxies_are_welcome(tmp_path: Path) -> None:
    named = GuardSettings(hosts="gw.example, other.example:8443")
    async with front(guard=named, keys_file=tmp_path / "keys.json") as gateway:
        through = await send(gateway, Host="GW.example", X_Forwarded_For="203.0.113.7")
        other = await send(gateway, Host=f"127.0.0.1:{gateway.port}")

    assert through.status_code == 202
    refused(other, 421, "host_unknown")


async def test_a_gateway_without_keys_refuses_to_listen_elsewhere() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.gateway"),
        cwd=ROOT,
        env={"TIDEMILL__GATEWAY__HOST": "0.0.0.0", "PATH": ""},  # noqa: S104 - it is refused
        stderr=asyncio.subprocess.PIPE,
    )

    _, said = await asyncio.wait_for(process.communicate(), 60)

    assert process.returncode == 2
    assert b"tidemill keys add" in said
