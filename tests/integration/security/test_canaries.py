"""Planted secrets and texts show nowhere: not in logs, metrics, reprs nor headers of dead letters."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from services.inference.settings import Settings
from shared.bus.kafka.bus import KafkaBus
from shared.bus.record import Outgoing
from shared.cache.open import open_cache
from shared.environment import SECRETS_DIR
from shared.events import DEAD_SUFFIX, CustomerMessageAnalyzed, CustomerMessageReceived, SupportMessageRouted
from tests.integration.services.service_process import Results, ServiceProcess, publish, running
from tests.support.events import message
from tests.support.redis_process import RedisProcess, running_redis
from tests.support.secured_kafka import PASSWORD, SecuredKafka
from tests.support.stack import stack_process

REDIS_PASSWORD = "canary-redis-M4tZ8"
TEXT = "canary-text-Wq81 where is my card"
CANARIES = (PASSWORD, REDIS_PASSWORD, "canary-text-Wq81")
READS = CustomerMessageReceived.name
PAGES = ("/metrics", "/health/live", "/health/ready")


@pytest.fixture
def triton() -> Iterator[str]:
    """Yield the address of a Triton with the models of the messages."""
    models = ("--load", "support_intent", "--load", "review_sentiment")
    with stack_process("--kafka", "none", "--no-redis", *models) as stack:
        yield stack.addresses().triton_grpc


@pytest.fixture
async def redis() -> AsyncIterator[RedisProcess]:
    """Yield a Redis that asks for the password."""
    async with running_redis() as process:
        async with Redis.from_url(process.url) as admin:
            await admin.config_set("requirepass", REDIS_PASSWORD)
        yield process


@pytest.fixture
def secrets(tmp_path: Path, redis: RedisProcess) -> Path:
    """Return a folder with the secrets of both."""
    (tmp_path / "TIDEMILL__KAFKA__PASSWORD").write_text(PASSWORD, encoding="utf-8")
    url = redis.url.replace("redis://", f"redis://:{REDIS_PASSWORD}@")
    (tmp_path / "TIDEMILL__REDIS__URL").write_text(url, encoding="utf-8")
    return tmp_path


def planted(run: str) -> list[Outgoing]:
    """Return a good message and each kind of bad one, the planted text in all of them."""
    fields = json.loads(message(text=TEXT).to_json()) | {"conversation_id": run}
    values = [
        json.dumps(fields).encode(),
        f'{{"text": "{TEXT}'.encode(),
        json.dumps({"text": TEXT}).encode(),
        json.dumps([TEXT]).encode(),
        *(json.dumps(fields | {name: TEXT}).encode() for name in ("channel", "event_id", "occurred_at")),
        json.dumps(fields | {"text": f"{TEXT} " * 2_000}).encode(),
        json.dumps(fields | {"text": {"nested": TEXT}}).encode(),
    ]
    return [Outgoing(READS, run.encode(), value) for value in values]


def environment(locked: SecuredKafka, user: str, secrets: Path, **more: str) -> dict[str, str]:
    """Return what starts a service with its secrets in files, and all of its log."""
    usual = locked.environment(user)
    del usual["TIDEMILL__KAFKA__PASSWORD"]
    return {**usual, SECRETS_DIR: str(secrets), "TIDEMILL__LOG__LEVEL": "debug", **more}


async def said(process: ServiceProcess) -> str:
    """Return the pages of a service, and its log so far."""
    pages = [await process.get(page) for page in PAGES]
    return "\n".join([*pages, process.log])


async def test_no_secret_and_no_text_shows_anywhere(
    locked: SecuredKafka, triton: str, redis: RedisProcess, secrets: Path
) -> None:
    run, inside = uuid4().hex, locked.broker.bootstrap
    wants = {"TIDEMILL__TRITON__ADDRESS": triton, "TIDEMILL__STREAM": "messages"}
    inference = environment(locked, "tidemill-inference-messages", secrets, **wants)
    bot = environment(locked, "tidemill-support-bot", secrets)
    async with AsyncExitStack() as stack:
        started = [
            await stack.enter_async_context(running(name, given.pop("TIDEMILL__KAFKA__BOOTSTRAP"), **given))
            for name, given in (("inference", inference), ("support_bot", bot))
        ]
        await asyncio.gather(*(service.ready() for service in started))
        await publish(inside, planted(run))
        dead = await Results(inside, [READS + DEAD_SUFFIX]).matching(run, count=8)
        redis.kill()
        await publish(inside, planted(f"{run}-again"))
        told = [CustomerMessageAnalyzed.name, SupportMessageRouted.name]
        results = await Results(inside, told).matching(run, count=4)
        found = [await said(service) for service in started]
        codes = [await service.stop() for service in started]

    assert codes == [0, 0]
    for event in ("cache_connected", "record_dead_lettered", 'cache_errors_total{kind="read"}'):
        assert event in found[0]  # else nothing was there to show a secret
    headers = [repr(record.headers) for record in (*dead, *results)]
    assert planted_in("\n".join([*found, *headers])) == []


def planted_in(text: str) -> list[str]:
    """Return the canaries that show."""
    return [canary for canary in CANARIES if canary in text]


def test_the_search_finds_what_is_there() -> None:
    assert planted_in(f"... {TEXT} {PASSWORD}") == [PASSWORD, "canary-text-Wq81"]


async def test_nothing_that_holds_a_secret_shows_it_by_its_repr(
    secrets: Path, redis: RedisProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SECRETS_DIR, str(secrets))
    settings = Settings.from_environment()
    bus = KafkaBus(settings.kafka)
    consumer = bus.consumer([READS], group="any")
    cache = await open_cache(settings.redis, CollectorRegistry())

    holders = [settings, settings.kafka, settings.redis, bus, consumer, bus.producer(), cache, redis]
    shown = "\n".join(
        [*map(repr, holders), settings.model_dump_json(), *(repr(vars(each)) for each in holders[3:7])]
    )

    await cache.aclose()
    assert planted_in(shown) == []


@pytest.mark.parametrize("name", ["TIDEMILL__KAFKA__PASSWRD", "TIDEMILL__KAFKA", "TIDEMILL__REDIS__URL"])
async def test_a_start_that_fails_shows_no_secret(secrets: Path, name: str) -> None:
    (secrets / name).write_text(f"http://{REDIS_PASSWORD}", encoding="utf-8")
    given = {SECRETS_DIR: str(secrets), "TIDEMILL__KAFKA__SECURITY_PROTOCOL": "SASL_SSL"}
    given |= {"TIDEMILL__KAFKA__USERNAME": "any", "TIDEMILL__TRITON__ADDRESS": "127.0.0.1:1"}

    async with running("inference", "127.0.0.1:1", **given) as process:
        exit_code = await process.exit_code()

    assert exit_code == 2
    assert "Traceback" not in process.log
    assert planted_in(process.log) == []
