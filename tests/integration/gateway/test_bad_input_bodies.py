"""Bad input, bodies: too large, of another type, broken forms, JSON that is none or too deep, scripts."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.events import CustomerMessageReceived
from shared.events.codec import event_in
from tests.support.front import MESSAGE, Front, front, refused
from tests.support.receiving import records

JSON = {"Content-Type": "application/json"}
SCRIPT = '<script>alert(1)</script><img src=x onerror="alert(2)">'


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Front]:
    """Yield a gateway with keys."""
    async with front(keys_file=tmp_path / "keys.json") as running:
        yield running


async def pieces(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * 65_536


async def test_a_body_that_is_too_large_is_refused_by_its_length(gateway: Front) -> None:
    answer = await gateway.client().post("/v1/messages", content=b" " * 3_000_000, headers=JSON)

    refused(answer, 413, "body_too_large")
    await gateway.still_works()


async def test_a_body_without_a_length_is_refused_where_it_becomes_too_large(gateway: Front) -> None:
    answer = await gateway.client().post("/v1/messages", content=pieces(40), headers=JSON)

    assert answer.status_code == 413, answer.text
    assert answer.json()["type"] == "/problems/too-large"
    await gateway.still_works()


async def test_an_image_that_is_too_large_is_told_the_bound(gateway: Front) -> None:
    files = {"file": ("lunch.jpg", b"\xff\xd8" + bytes(900_000), "image/jpeg")}

    answer = await gateway.client().post("/v1/images", data={"case_id": "k", "kind": "dish"}, files=files)

    assert answer.status_code == 413
    assert "512 KiB" in answer.json()["detail"]
    await gateway.still_works()


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/x-www-form-urlencoded", "text/html", "application/xml", "", "json", "image"],
)
async def test_a_body_of_another_type_is_refused(gateway: Front, media_type: str) -> None:
    answer = await gateway.client().post(
        "/v1/messages", content=b'{"conversation_id": "c", "text": "t"}', headers={"Content-Type": media_type}
    )

    refused(answer, 415, "body_type")
    assert gateway.messages() == []
    await gateway.still_works()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"not json",
        b'{"text": }',
        b'{"conversation_id": "c", "text": "' + b"\xff\xfe" + b'"}',
        b'{"conversation_id": "c", "text": "\\ud83d"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"conversation_id": "c", "text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"1" * 1_000_000,
        b"null",
        b'{"conversation_id": "c"}',
        b'{"conversation_id": "c", "text": NaN}',
        b'{"conversation_id": "c", "text": "t"} {}',
    ],
    ids=[
        *("empty", "open", "words", "no-value", "no-utf8", "half-a-character", "deep-array", "deep-object"),
        *("deep-value", "long-number", "null", "field-missing", "nan", "two-values"),
    ],
)
async def test_json_that_is_none_or_too_deep_is_refused(gateway: Front, body: bytes) -> None:
    answer = await gateway.client().post("/v1/messages", content=body, headers=JSON)

    assert answer.status_code in {400, 415, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert gateway.messages() == []
    await gateway.still_works()


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("multipart/form-data", b"--x\r\n\r\n--x--"),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=file\r\n\r\nabc"),
        ("multipart/form-data; boundary=x", b"no boundary at all"),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n" * 3_000 + b"--x--",
        ),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"X-A: b\r\n" * 30_000 + b"\r\n--x--"),
    ],
    ids=["no-boundary", "empty", "cut-off", "no-part", "3000-fields", "30000-headers"],
)
async def test_a_broken_form_is_refused(gateway: Front, media_type: str, body: bytes) -> None:
    answer = await gateway.client().post("/v1/images", content=body, headers={"Content-Type": media_type})

    assert answer.status_code in {400, 413, 415, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    await gateway.still_works()


async def test_a_script_in_a_message_is_text(gateway: Front) -> None:
    answer = await gateway.client().post("/v1/messages", json={**MESSAGE, "text": SCRIPT})

    [record] = records(gateway.bus, CustomerMessageReceived.name)
    assert answer.status_code == 202
    assert event_in(CustomerMessageReceived, record.value or b"").text == SCRIPT


async def test_a_script_never_comes_back_as_a_page(gateway: Front) -> None:
    answers = [
        await gateway.client().post("/v1/messages", json={**MESSAGE, SCRIPT: SCRIPT}),
        await gateway.client().post("/v1/messages", json={**MESSAGE, "channel": SCRIPT}),
        await gateway.client().get(f"/v1/{SCRIPT}"),
    ]

    for answer in answers:
        assert answer.headers["content-type"].startswith("application/")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert SCRIPT not in answer.text


async def test_an_answer_names_no_server_and_is_not_stored(gateway: Front) -> None:
    answer = await gateway.client().get("/v1/me")

    assert "server" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert not [name for name in answer.headers if name.startswith("access-control-")]
