"""A worker that starts before its models says what it waits for, ends when told to, and gives up in time."""

import asyncio
import json

from tests.integration.services.service_process import running

NOBODY = "127.0.0.1:1"
STOP_WITHIN_S = 10.0


async def test_it_says_what_it_waits_for_and_ends_on_sigterm() -> None:
    async with running("inference", NOBODY, TIDEMILL__TRITON__ADDRESS=NOBODY) as worker:
        ready, live = [json.loads(await worker.get(f"/health/{what}")) for what in ("ready", "live")]
        async with asyncio.timeout(STOP_WITHIN_S):
            code = await worker.stop()

    assert ready["why"].startswith("waiting for model support_intent for ")
    assert live["ok"]
    assert code == 0


async def test_it_gives_up_with_the_code_that_asks_for_another_start() -> None:
    async with running(
        "inference", NOBODY, TIDEMILL__TRITON__ADDRESS=NOBODY, TIDEMILL__START_TIMEOUT_S="0.1"
    ) as worker:
        code = await worker.exit_code()

    assert code == 1
    assert "TIDEMILL__TRITON__ADDRESS" in worker.log
