"""The gateway as a process: it tells its address, ends when told to, and says why it can't start."""

import socket

import aiohttp

from tests.integration.services.service_process import running

NO_KAFKA = "127.0.0.1:1"


async def test_it_answers_people_and_operators_on_ports_of_their_own_and_ends_cleanly(
    memory_kafka: str,
) -> None:
    async with running("gateway", memory_kafka) as gateway, aiohttp.ClientSession() as client:
        async with (
            client.get(f"{await gateway.web()}/v1/me") as me,
            client.get(f"{await gateway.web()}/metrics") as metrics,
        ):
            told = (me.status, metrics.status)
        live = await gateway.get("/health/live")

        assert told == (200, 404)
        assert '"ok": true' in live
        assert await gateway.stop() == 0


async def test_a_taken_port_ends_the_start_in_one_line_with_the_cure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = str(other.getsockname()[1])

        async with running("gateway", NO_KAFKA, TIDEMILL__GATEWAY__PORT=taken) as gateway:
            exit_code = await gateway.exit_code()

    last_line = gateway.log.splitlines()[-1]
    assert exit_code == 2
    assert last_line.startswith(f"gateway: can't listen on 127.0.0.1:{taken}: end what uses the port, or set")
