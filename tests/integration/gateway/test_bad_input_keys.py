"""Bad input, keys: missing, wrong, revoked, expired, in an address; a forged Idempotency-Key."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from deploy.local.ports import LOOPBACK
from shared.keys.file import add_key, read_keys, revoke_key
from shared.keys.key import new_key
from shared.keys.scope import Scope
from tests.support.front import MESSAGE, Front, a_key, front, once, refused

WITHIN_S = 5.0
"""A revoked key is refused by then."""


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    """Return the place of the keys."""
    return tmp_path / "keys.json"


@pytest.fixture
async def gateway(keys_file: Path) -> AsyncIterator[Front]:
    """Yield a gateway with keys."""
    async with front(keys_file=keys_file) as running:
        yield running


async def ask(gateway: Front, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{gateway.port}") as client:
        return await client.get("/v1/me", headers=headers)


async def refused_soon(gateway: Front, secret: str) -> httpx.Response:
    """Return the first refusal of this key."""
    answers = [await ask(gateway, Authorization=f"Bearer {secret}")]

    async def is_refused() -> bool:
        answers.append(await ask(gateway, Authorization=f"Bearer {secret}"))
        return answers[-1].status_code != 200

    async with asyncio.timeout(WITHIN_S):
        await once(is_refused)
    return answers[-1]


async def test_without_a_key_nothing_is_answered(gateway: Front) -> None:
    answer = await ask(gateway)

    refused(answer, 401, "key_missing")
    assert answer.headers["www-authenticate"] == 'Bearer realm="tidemill"'
    await gateway.still_works()


@pytest.mark.parametrize(
    "value",
    [
        "Bearer",
        "Bearer tm_wrong",
        "bearer tm_" + "A" * 43,
        "Bearer " + "x" * 20_000,
        "Bearer a b c",
    ],
)
async def test_a_wrong_key_is_refused(gateway: Front, value: str) -> None:
    answer = await ask(gateway, Authorization=value)

    assert answer.status_code == 401
    assert answer.json()["reason"] in {"key_unknown", "key_missing"}
    await gateway.still_works()


@pytest.mark.parametrize("value", ["Basic dG06dG0=", "Digest x", "tm_without_a_scheme"])
async def test_another_scheme_is_no_key(gateway: Front, value: str) -> None:
    refused(await ask(gateway, Authorization=value), 401, "key_missing")


async def test_the_hash_of_a_key_opens_nothing(gateway: Front, keys_file: Path) -> None:
    [key] = read_keys(keys_file)

    refused(await ask(gateway, Authorization=f"Bearer {key.sha256}"), 401, "key_unknown")


async def test_a_key_is_known_soon_after_it_was_added(gateway: Front, keys_file: Path) -> None:
    secret = a_key(keys_file, Scope.STREAM)

    async def is_known() -> bool:
        return (await ask(gateway, Authorization=f"Bearer {secret}")).status_code == 200

    async with asyncio.timeout(WITHIN_S):
        await once(is_known)


async def test_a_revoked_key_is_refused_soon_and_others_go_on(gateway: Front, keys_file: Path) -> None:
    secret = a_key(keys_file)
    gateway.know_keys()

    revoke_key(keys_file, read_keys(keys_file)[-1].id)

    refused(await refused_soon(gateway, secret), 401, "key_revoked")
    await gateway.still_works()


async def test_a_stream_ends_soon_after_its_key_was_revoked(gateway: Front, keys_file: Path) -> None:
    secret = a_key(keys_file)
    gateway.know_keys()
    client = gateway.client(secret)

    async with asyncio.timeout(WITHIN_S), client.stream("GET", "/v1/stream") as stream:
        frames = stream.aiter_bytes()
        assert await anext(frames)
        revoke_key(keys_file, read_keys(keys_file)[-1].id)
        rest = [frame async for frame in frames]

    assert rest == []
    await gateway.still_works()


async def test_an_expired_key_is_refused(gateway: Front, keys_file: Path) -> None:
    made = new_key("old", [Scope.ANALYZE], expires_at=datetime.now(UTC) + timedelta(seconds=1.5))
    add_key(keys_file, made)
    gateway.know_keys()
    assert (await ask(gateway, Authorization=f"Bearer {made.secret}")).status_code == 200

    refused(await refused_soon(gateway, made.secret), 401, "key_expired")


async def test_a_file_that_breaks_leaves_the_keys_as_they_were(gateway: Front, keys_file: Path) -> None:
    with capture_logs() as logs:
        await asyncio.to_thread(keys_file.write_text, "{")
        gateway.know_keys()

    assert [line["event"] for line in logs] == ["keys_unreadable"]
    await gateway.still_works()


@pytest.mark.parametrize("query", ["key=SECRET", "a=b&access_token=SECRET", "q=SECRET", "API-Key=x"])
async def test_a_key_in_an_address_is_refused_and_never_logged(gateway: Front, query: str) -> None:
    with capture_logs() as logs:
        answer = await gateway.client().get(f"/v1/me?{query.replace('SECRET', gateway.key or '')}")

    refused(answer, 400, "key_in_address")
    assert gateway.key
    assert gateway.key not in str(logs) + answer.text


async def test_the_first_letters_of_a_key_within_a_value_are_no_key(gateway: Front) -> None:
    answer = await gateway.client().get(
        "/v1/me?at=8PHz2kwtm_lrklFemcOvWN1c3RvbWVyLm1lc3NhZ2VfcmVjZWl2ZWQudjE"
    )

    assert answer.status_code == 200


async def test_a_missing_scope_is_named(gateway: Front, keys_file: Path) -> None:
    secret = a_key(keys_file, Scope.STREAM)
    gateway.know_keys()

    answer = await gateway.client(secret).post("/v1/messages", json=MESSAGE)

    refused(answer, 403, "scope_missing")
    assert "messages:write" in answer.json()["detail"]
    assert gateway.messages() == []


async def send(gateway: Front, secret: str | None, idempotency_key: str) -> Any:
    headers = {"Idempotency-Key": idempotency_key}
    return await gateway.client(secret).post("/v1/messages", json=MESSAGE, headers=headers)


async def test_the_idempotency_key_of_another_caller_is_another_event(
    gateway: Front, keys_file: Path
) -> None:
    other = a_key(keys_file)
    gateway.know_keys()

    own = await send(gateway, None, "order-17")
    forged = await send(gateway, other, "order-17")
    again = await send(gateway, None, "order-17")

    assert own.json()["event_id"] == again.json()["event_id"]
    assert own.json()["event_id"] != forged.json()["event_id"]


@pytest.mark.parametrize("key", ["x" * 10_000, "a\tb", "käse"])
async def test_an_idempotency_key_of_another_form_is_refused(gateway: Front, key: str) -> None:
    headers = {b"Idempotency-Key": key.encode()}

    answer = await gateway.client().post("/v1/messages", json=MESSAGE, headers=headers)

    assert answer.status_code in {400, 422}, answer.text
    assert gateway.messages() == []
    await gateway.still_works()


async def test_the_log_of_a_refusal_has_the_id_of_the_key_and_no_text(
    gateway: Front, keys_file: Path
) -> None:
    [key] = read_keys(keys_file)

    with capture_logs() as logs:
        await gateway.client().post("/v1/messages", json={**MESSAGE, "channel": "the secret words"})

    [line] = [line for line in logs if line["event"] == "request_refused"]
    assert line["key_id"] == key.id
    assert line["status"] == 422
    assert "secret words" not in str(logs)
