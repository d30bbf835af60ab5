"""Fence: requests that other sites could have made a browser send do not reach the pages."""

from collections.abc import AsyncIterator

import pytest

from services.dashboard.fence import HEADERS
from shared.addresses import is_loopback
from tests.support.dashboard import dashboard


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "[::1", "127.0.0.1@evil.example:80"]
)
async def test_a_request_for_another_host_is_refused(host: str) -> None:
    async with dashboard() as it:
        answer = await it.client.get("/now", headers={"Host": host})

    assert answer.status_code == 421
    assert "TIDEMILL__DASHBOARD__HOSTS" in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:8001", "localhost:8001", "[::1]:8001"])
async def test_names_of_this_machine_are_served(host: str) -> None:
    async with dashboard() as it:
        assert (await it.client.get("/now", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_form_of_another_site_is_refused(headers: dict[str, str]) -> None:
    async with dashboard() as it:
        answer = await it.client.post("/login", data={"key": "secret"}, headers=headers)

    assert answer.status_code == 403


async def test_a_body_that_is_too_large_is_refused_before_it_is_read() -> None:
    async with dashboard() as it:
        answer = await it.client.post("/login", content=b"x" * (64 * 1024 + 1))

    assert answer.status_code == 413


async def test_a_body_of_unknown_length_is_refused() -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"x"

    async with dashboard() as it:
        answer = await it.client.post("/login", content=endless())

    assert answer.status_code == 411


@pytest.mark.parametrize("path", ["/now", "/nothing", "/login", "/static/nothing.css"])
async def test_each_answer_has_the_headers_that_keep_scripts_and_frames_out(path: str) -> None:
    async with dashboard() as it:
        answer = await it.client.get(path)

    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "unsafe" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/now", "/health", "/models", "/settings", "/login"])
async def test_no_page_has_script_or_style_in_itself(path: str) -> None:
    async with dashboard() as it:
        page = (await it.client.get(path)).text

    assert "<script>" not in page
    assert "<style" not in page
    assert " style=" not in page
    assert " onclick=" not in page
    assert "http://" not in page.replace('xmlns="http://www.w3.org/2000/svg"', "").replace(
        "http://127.0.0.1", ""
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_loopback_is_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.7", "pages.example", ""])  # noqa: S104 - not listened on
def test_other_addresses_are_no_loopback(host: str) -> None:
    assert not is_loopback(host)
