"""Bad input, HTTP itself: what is malformed, huge, slow or cut off; tricks with addresses."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.ports import LOOPBACK
from services.gateway.guard.settings import GuardSettings
from tests.support.front import Front, front, refused_raw

BODY = b'{"conversation_id": "c-1", "text": "Where is my card?"}'
JSON = {"Content-Type": "application/json"}
CLOSE = {"Connection": "close"}


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Front]:
    """Yield a gateway with keys that waits half a second for heads and bodies."""
    hasty = GuardSettings(headers_within_s=0.5, body_within_s=0.5)
    async with front(guard=hasty, keys_file=tmp_path / "keys.json") as running:
        yield running


@pytest.mark.parametrize(
    "head",
    [
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nhello",
        b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
        b"GET /v1/me HTTP/1.1\r\nHost: x\r\nX-A: a\r\n folded: b\x00\r\n\r\n",
        b"GET /v1/me\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=[
        *("nonsense", "tls", "two-lengths", "length-and-chunks", "odd-encoding", "negative", "blank-in-name"),
        *("bad-chunk", "nul-in-header", "nul-in-address"),
    ],
)
async def test_what_is_no_http_or_has_two_ends_is_refused(gateway: Front, head: bytes) -> None:
    answer = await gateway.raw(head)

    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 401 ")), answer[:200]
    assert answer.count(b"HTTP/1.1 4") == 1
    assert b"application/problem+json" in answer
    assert gateway.messages() == []
    await gateway.still_works()


async def test_ten_thousand_headers_are_refused(gateway: Front) -> None:
    head = gateway.head("GET", "/v1/me", {f"X-{number}": "y" for number in range(10_000)})

    refused_raw(await gateway.raw(head), 431, "headers_too_large")
    await gateway.still_works()


async def test_one_endless_header_is_refused(gateway: Front) -> None:
    refused_raw(
        await gateway.raw(gateway.head("GET", "/v1/me", {"X": "y" * 200_000})), 431, "headers_too_large"
    )
    await gateway.still_works()


async def test_an_address_without_an_end_is_refused(gateway: Front) -> None:
    refused_raw(await gateway.raw(gateway.head("GET", f"/{'a' * 100_000}")), 414, "address_too_long")
    await gateway.still_works()


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/v1/%2e%2e/v1/me/..",
            "//v1/me",
            "/v1//me",
            "/v1/me%00",
            "/v1/me/%2e%2e/me",
            "/v1/me%2f",
            "/v1/me/",
        ),
        *("/..%2f..%2fetc/passwd", "/v1/me;x=y", "/%ff%fe", "/V1/ME", "/v1/messages/../me"),
    ],
)
async def test_an_address_that_plays_tricks_is_another_address(gateway: Front, path: str) -> None:
    head = gateway.head("GET", path, {"Connection": "close"})

    answer = await gateway.raw(head)

    assert answer.startswith((b"HTTP/1.1 404 ", b"HTTP/1.1 307 ")), answer[:200]
    await gateway.still_works()


@pytest.mark.parametrize("sent", [b"", b"POST /v1/me", b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nX-A: "])
async def test_a_head_that_never_ends_is_cut(gateway: Front, sent: bytes) -> None:
    began_s = time.monotonic()

    answer = await gateway.raw(sent)

    refused_raw(answer, 408, "request_too_slow")
    assert time.monotonic() - began_s < 5
    await gateway.still_works()


async def test_a_head_that_drips_is_cut(gateway: Front) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, gateway.port)
    answering = asyncio.create_task(reader.read())

    for byte in gateway.head("GET", "/v1/me", {"X": "y" * 200}):
        if answering.done():
            break
        writer.write(bytes([byte]))
        await asyncio.wait([answering], timeout=0.02)

    refused_raw(await answering, 408, "request_too_slow")
    writer.close()
    await gateway.still_works()


async def test_a_body_that_never_ends_is_cut_and_nothing_of_it_is_accepted(gateway: Front) -> None:
    head = gateway.head("POST", "/v1/messages", {**JSON, "Content-Length": str(len(BODY))})

    answer = await gateway.raw(head, BODY[:20])

    refused_raw(answer, 408, "request_too_slow")
    assert gateway.messages() == []
    await gateway.still_works()
    count = gateway.registry.get_sample_value
    assert count("tidemill_gateway_refused_total", {"reason": "request_too_slow"}) == 1
    assert count("tidemill_gateway_refused_total", {"reason": "bad_request"}) is None


async def test_a_body_that_is_cut_off_is_not_accepted(gateway: Front) -> None:
    _, writer = await asyncio.open_connection(LOOPBACK, gateway.port)
    writer.write(gateway.head("POST", "/v1/messages", {**JSON, "Content-Length": str(len(BODY))}))
    writer.write(BODY[:20])
    await writer.drain()

    writer.close()
    await writer.wait_closed()

    await gateway.still_works()
    assert len(gateway.messages()) == 1


async def test_a_client_that_waits_between_requests_is_not_slow(gateway: Front) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, gateway.port)
    writer.write(gateway.head("GET", "/v1/me"))
    await reader.readuntil(b"}")

    with pytest.raises(TimeoutError):  # twice the time for a head, and still open
        await asyncio.wait_for(reader.read(), 1.0)

    writer.write(gateway.head("GET", "/v1/me"))
    assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_connections_beyond_the_bound_are_refused_and_come_back(tmp_path: Path) -> None:
    few = GuardSettings(connections_max=5)
    async with front(guard=few, keys_file=tmp_path / "keys.json") as gateway:
        holders = [await asyncio.open_connection(LOOPBACK, gateway.port) for _ in range(5)]

        answer = await gateway.raw()

        refused_raw(answer, 503, "connections_full")
        for _, writer in holders:
            writer.close()
        await _once_there_is_room(gateway)
        await gateway.still_works()


async def _once_there_is_room(gateway: Front) -> None:
    async with asyncio.timeout(10):
        while (await gateway.raw(gateway.head("GET", "/v1/me", CLOSE))).startswith(b"HTTP/1.1 503"):
            pass
