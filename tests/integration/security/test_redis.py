"""RedisCache as a user of few rights, over TLS; what Redis refuses costs results nothing."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError
from structlog.testing import capture_logs
from structlog.typing import EventDict
from tenacity import RetryError

from deploy.local.ports import LOOPBACK, free_port
from shared.cache.key import KeySpace
from shared.cache.metrics import CacheMetrics
from shared.cache.redis import CacheLimits, RedisCache
from shared.errors import ConfigError
from tests.support.certificates import Certificate, new_certificate
from tests.support.metrics import cache_metrics
from tests.support.redis_process import RedisProcess, running_redis

PAGE = Path(__file__).parents[3] / "docs" / "operations.md"
PASSWORD = "canary-redis-9fKx3"
KEYS = KeySpace("intent", model="support_intent", version="1", preprocessing_hash="abc")
ONE = KEYS.key(b"one")
PATIENT = CacheLimits(deadline_s=2.0, open_s=0.05)
ALL = "+mget +eval +set"


def documented(*, rights: str = ALL, keys: str = "~tidemill:*") -> list[str]:
    """Return the words of the page's ACL SETUSER, with other rights where a test takes some away."""
    found = re.search(r"^ACL (SETUSER .*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert found, "the page lost its line"
    assert ALL in found[1]
    words = found[1].replace("PASSWORD", PASSWORD).replace(ALL, rights).replace("~tidemill:*", keys)
    return words.split()


@pytest.fixture
async def redis() -> AsyncIterator[RedisProcess]:
    async with running_redis() as process:
        yield process


async def allow(redis: RedisProcess, words: list[str]) -> None:
    async with Redis.from_url(redis.url) as admin:
        await sent(admin, "ACL", *words)


def address(redis: RedisProcess, *, password: str = PASSWORD) -> str:
    return redis.url.replace("redis://", f"redis://tidemill-inference:{password}@")


@asynccontextmanager
async def opened(
    url: str, registry: CollectorRegistry, ca_file: Path | None = None
) -> AsyncIterator[RedisCache]:
    cache = await RedisCache.open(
        url, limits=PATIENT, metrics=CacheMetrics(registry), ca_file=str(ca_file) if ca_file else None
    )
    try:
        yield cache
    finally:
        await cache.aclose()


async def until_kept(cache: RedisCache) -> None:
    async with asyncio.timeout(20):
        while await cache.get_many([ONE]) != [b"1"]:
            await cache.put_many({ONE: b"1"})
            await asyncio.sleep(0)


async def test_the_documented_user_can_do_all_that_the_cache_does(redis: RedisProcess) -> None:
    await allow(redis, documented())

    async with opened(address(redis), CollectorRegistry()) as cache:
        await until_kept(cache)


async def test_the_documented_user_can_do_nothing_else(redis: RedisProcess) -> None:
    await allow(redis, documented())

    others = (
        ["GET", ONE],
        ["FLUSHALL"],
        ["KEYS", "*"],
        ["CONFIG", "GET", "*"],
        ["EVAL", "return 1", 1, "other"],
    )
    async with Redis.from_url(address(redis), protocol=2) as user:
        answers = await asyncio.gather(*(sent(user, *words) for words in others), return_exceptions=True)

    assert [type(answer) for answer in answers] == [NoPermissionError] * len(others)


async def sent(client: Redis, *words: object) -> object:
    answer: object = await client.execute_command(*words)  # type: ignore[no-untyped-call]
    return answer


async def refusals(url: str, *, ca_file: Path | None = None) -> list[EventDict]:
    """Return what the cache logs while it is of no use; fail if it raises or stops anything."""
    registry = CollectorRegistry()
    with capture_logs() as logged:
        async with opened(url, registry, ca_file) as cache:
            async with asyncio.timeout(20):
                while not any("cure" in each for each in logged):
                    await cache.put_many({ONE: b"1"})
                    assert await cache.get_many([ONE]) == [None]
                    await asyncio.sleep(0)
    assert PASSWORD not in str(logged)
    return [each for each in logged if "cure" in each]


def cluster(folder: Path) -> tuple[str, ...]:
    """Return the words that make a Redis a node of a cluster."""
    # By default it also takes the port 10,000 above its own, which any outgoing connection may have.
    gossip = ("--cluster-port", str(free_port()))
    return "--cluster-enabled", "yes", "--cluster-config-file", str(folder / "nodes.conf"), *gossip


@pytest.mark.parametrize("database", [0, 1])
async def test_a_redis_cluster_is_refused_in_one_line(database: int, tmp_path: Path) -> None:
    async with running_redis(*cluster(tmp_path)) as node:
        with pytest.raises(ConfigError) as refused:
            await RedisCache.open(f"{node.url.removesuffix('/0')}/{database}", metrics=cache_metrics())

    assert "TIDEMILL__REDIS__URL: this Redis is a node of a cluster" in str(refused.value)
    assert "\n" not in str(refused.value)


async def test_a_cluster_is_told_apart_also_for_the_documented_user(tmp_path: Path) -> None:
    async with running_redis(*cluster(tmp_path)) as node:
        await allow(node, documented())
        with pytest.raises(ConfigError, match="node of a cluster"):
            await RedisCache.open(address(node), limits=PATIENT, metrics=cache_metrics())


async def test_a_redis_sentinel_is_refused_in_one_line(tmp_path: Path) -> None:
    async with running_redis(sentinel=tmp_path / "sentinel.conf") as sentinel:
        with pytest.raises(ConfigError, match="stores nothing, as a Sentinel") as refused:
            await RedisCache.open(sentinel.url.removesuffix("/0"), metrics=cache_metrics())

    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("query", ["colour=red", "db=zero", "protocol=9"])
async def test_a_url_of_redis_with_options_that_no_client_knows_is_refused(query: str) -> None:
    with pytest.raises(ConfigError, match="TIDEMILL__REDIS__URL") as refused:
        await RedisCache.open(f"redis://:{PASSWORD}@{LOOPBACK}:1?{query}", metrics=cache_metrics())

    assert PASSWORD not in str(refused.value)


@pytest.mark.parametrize(
    ("rights", "keys"),
    [
        ("+eval +set", "~tidemill:*"),
        (ALL, "~other:*"),
        ("+mget +set", "~tidemill:*"),
        ("+mget +eval", "~tidemill:*"),
    ],
    ids=["mget", "keys", "eval", "set"],
)
async def test_a_missing_right_is_a_dead_cache_and_is_named(
    redis: RedisProcess, rights: str, keys: str
) -> None:
    await allow(redis, documented(rights=rights, keys=keys))

    [first, *_] = await refusals(address(redis))

    assert "docs/operations.md, Redis" in first["cure"]


async def test_a_right_that_is_granted_later_is_used_without_a_restart(redis: RedisProcess) -> None:
    await allow(redis, documented(rights="+set"))

    async with opened(address(redis), CollectorRegistry()) as cache:
        assert await cache.get_many([ONE]) == [None]
        await allow(redis, documented())
        await until_kept(cache)


async def test_a_denied_write_is_said_once(redis: RedisProcess) -> None:
    await allow(redis, documented(rights="+mget"))
    registry = CollectorRegistry()

    with capture_logs() as logged:
        async with opened(address(redis), registry) as cache, asyncio.timeout(20):
            while (registry.get_sample_value("tidemill_cache_errors_total", {"kind": "write"}) or 0) < 3:
                await cache.put_many({ONE: b"1"})
                await asyncio.sleep(0)

    assert [each["event"] for each in logged if each["log_level"] == "warning"] == ["cache_not_written"]


async def test_a_wrong_password_is_a_dead_cache_and_is_named(redis: RedisProcess) -> None:
    await allow(redis, documented())

    [first, *_] = await refusals(address(redis, password=f"{PASSWORD}-wrong"))

    assert "TIDEMILL__REDIS__URL" in first["cure"]
    assert "password" in first["cure"]


@asynccontextmanager
async def tls_redis(certificate: Certificate) -> AsyncIterator[str]:
    """Yield the rediss:// address of a Redis; skip where it was built without TLS, except in CI."""
    port = free_port()
    files = ("--tls-cert-file", str(certificate.certificate), "--tls-key-file", str(certificate.key))
    redis = RedisProcess(more=("--tls-port", str(port), *files, "--tls-auth-clients", "no"))
    try:
        await redis.start()
        await allow(redis, documented())
        yield f"rediss://tidemill-inference:{PASSWORD}@{LOOPBACK}:{port}/0"
    except RetryError:  # it never answered
        if os.environ.get("CI"):
            raise
        pytest.skip("this Redis was built without TLS")
    finally:
        redis.kill()


async def test_the_cache_works_over_tls(tmp_path: Path) -> None:
    certificate = new_certificate(tmp_path, "redis")

    async with (
        tls_redis(certificate) as url,
        opened(url, CollectorRegistry(), certificate.certificate) as cache,
    ):
        await until_kept(cache)


@pytest.mark.parametrize("host", [LOOPBACK, "localhost"], ids=["unknown authority", "another host"])
async def test_a_certificate_that_is_not_trusted_is_a_dead_cache(tmp_path: Path, host: str) -> None:
    certificate = new_certificate(tmp_path, "redis")
    ours = new_certificate(tmp_path, "stranger") if host == LOOPBACK else certificate

    async with tls_redis(certificate) as url:
        [first, *_] = await refusals(url.replace(LOOPBACK, host), ca_file=ours.certificate)

    assert "TIDEMILL__REDIS__CA_FILE" in first["cure"]


async def test_a_file_that_holds_no_authority_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="TIDEMILL__REDIS__CA_FILE"):
        await RedisCache.open("rediss://cache", metrics=cache_metrics(), ca_file=str(tmp_path / "none"))
