"""A service that is set up wrongly ends at once, with one line for all that is wrong and exit code 2."""

import asyncio

import pytest
from aiohttp import web

from deploy.local.ports import LOOPBACK
from tests.integration.services.service_process import running

ENDS_WITHIN_S = 20.0
"""Nothing is waited for; this is the time to import a service on a busy machine."""

WRONG = {
    "TIDEMILL__KAKFA__BOOTSTRAP": "broker:9092",
    "TIDEMILL__TRITON__ADDRESS": "http://triton:8001",
    "TIDEMILL__REDIS__URL": "",
    "TIDEMILL__HTTP__HOST": "0.0.0.0:8080",
}


@pytest.mark.parametrize(
    ("service", "named"),
    [
        ("inference", WRONG),
        ("support_bot", ["TIDEMILL__KAKFA__BOOTSTRAP"]),
        ("sentiment_alerts", ["TIDEMILL__KAKFA__BOOTSTRAP"]),
    ],
)
async def test_wrong_settings_end_a_service_at_once_in_one_line(service: str, named: list[str]) -> None:
    async with asyncio.timeout(ENDS_WITHIN_S), running(service, '"127.0.0.1:9092"', **WRONG) as process:
        code = await process.exit_code()

    assert code == 2
    assert process.log.count("\n") == 1
    assert process.log.startswith(f"{service}: wrong settings: ")
    assert [name for name in named if f"{name}: " not in process.log] == []


async def test_an_http_port_for_triton_ends_the_worker_at_once_with_the_cure() -> None:
    app = web.Application()
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, LOOPBACK, 0)
    await site.start()
    address = f"{LOOPBACK}:{runner.addresses[0][1]}"

    async with running("inference", "127.0.0.1:1", TIDEMILL__TRITON__ADDRESS=address) as worker:
        async with asyncio.timeout(ENDS_WITHIN_S):
            code = await worker.exit_code()
    await runner.cleanup()

    assert code == 2
    assert "TIDEMILL__TRITON__ADDRESS: the server there speaks no gRPC" in worker.log
