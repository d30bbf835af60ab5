"""`tidemill open` gives the page's address to the browser, and tells it where there is no browser."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from deploy.local.ports import LOOPBACK, free_port


@pytest.fixture
async def page() -> AsyncIterator[str]:
    """Yield the address of a page that answers."""
    app = web.Application()
    app.router.add_get("/", _hello)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, 0).start()
    yield f"http://{LOOPBACK}:{runner.addresses[0][1]}"
    await runner.cleanup()


async def _hello(_: web.Request) -> web.Response:
    return web.Response(text="hello")


async def opened(url: str, **environment: str) -> tuple[int | None, str, str]:
    """Return exit code, output and errors of `tidemill open` for this page."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tidemill", "open"),
        env={"TIDEMILL__DASHBOARD_URL": url, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, complained = await process.communicate()
    return process.returncode, told.decode(), complained.decode()


async def test_the_browser_gets_the_address_of_the_page(page: str, tmp_path: Path) -> None:
    browser, seen = tmp_path / "browser", tmp_path / "seen"
    browser.write_text(f'#!/bin/sh\necho "$1" > {seen}\n', encoding="utf-8")
    browser.chmod(0o700)

    code, told, _ = await opened(page, BROWSER=f"{browser} %s")

    assert (code, told) == (0, f"{page}\n")
    assert seen.read_text(encoding="utf-8") == f"{page}\n"


async def test_without_a_browser_the_address_is_told(page: str) -> None:
    assert await opened(page, PATH="/nowhere") == (0, f"{page}\n", "")


async def test_a_page_that_does_not_answer_is_a_failure_with_its_address() -> None:
    port = free_port()

    code, told, complained = await opened(f"http://{LOOPBACK}:{port}")

    assert (code, told) == (1, f"http://{LOOPBACK}:{port}\n")
    assert complained.startswith("tidemill: the page does not answer: ")
