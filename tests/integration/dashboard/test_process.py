"""The dashboard as a process: it ends within seconds while pages are open, and says why it can't start."""

import asyncio
import socket
from pathlib import Path

import aiohttp

from tests.integration.services.service_process import running

NO_KAFKA = "127.0.0.1:1"
ENDS_WITHIN_S = 10.0


async def test_it_ends_within_seconds_while_a_page_is_open(memory_kafka: str) -> None:
    async with running("gateway", memory_kafka) as gateway:
        url = await gateway.web()
        async with running("dashboard", memory_kafka, TIDEMILL__GATEWAY_URL=url) as dashboard:
            await dashboard.ready()
            pages = await dashboard.web()
            async with aiohttp.ClientSession() as viewer, viewer.get(f"{pages}/streams/now") as page:
                first = await page.content.readany()
                exit_code = await asyncio.wait_for(dashboard.stop(), ENDS_WITHIN_S)
                await page.content.read()

    assert (page.status, exit_code) == (200, 0)
    assert first


async def test_a_taken_port_ends_the_start_in_one_line_with_the_cure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = str(other.getsockname()[1])

        async with running("dashboard", NO_KAFKA, TIDEMILL__DASHBOARD__PORT=taken) as dashboard:
            exit_code = await dashboard.exit_code()

    assert exit_code == 2
    assert dashboard.log.splitlines()[-1].startswith(
        f"dashboard: can't listen on 127.0.0.1:{taken}: end what"
    )


async def test_a_missing_script_of_the_pages_ends_the_start_in_one_line_with_the_cure(tmp_path: Path) -> None:
    async with running("dashboard", NO_KAFKA, TIDEMILL__ASSETS_DIR=str(tmp_path)) as dashboard:
        exit_code = await dashboard.exit_code()

    assert exit_code == 2
    assert "run `python -m deploy.local.setup`" in dashboard.log.splitlines()[-1]
