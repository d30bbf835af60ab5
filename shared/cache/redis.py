"""Result cache in Redis, which may be down, slow or wrong at any time: only the metrics show it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Self

import structlog
from pydantic import SecretStr
from redis.asyncio import Redis
from redis.exceptions import (
    AskError,
    AuthenticationError,
    ClusterCrossSlotError,
    ClusterDownError,
    MovedError,
    NoPermissionError,
    RedisError,
    ResponseError,
)

from shared.cache.breaker import Breaker
from shared.cache.checksum import checked_value, with_checksum
from shared.cache.key import PREFIX
from shared.cache.metrics import CacheError, CacheMetrics
from shared.cache.pool import connection_pool
from shared.errors import ConfigError
from shared.tls import ssl_context

_FAILURES = (RedisError, OSError, TimeoutError)

# One command for a whole batch: a pipeline of SETs takes six times the client's CPU (16 and 2.7 us a key).
_PUT = "for i = 1, #KEYS do redis.call('SET', KEYS[i], ARGV[i + 1], 'EX', ARGV[1]) end"

# In two hash slots: a node of a cluster refuses to read them together, whatever the user may do.
_PROBE_KEYS = (PREFIX + b"probe", PREFIX + b"probe-2")
_OF_CLUSTERS = (AskError, ClusterCrossSlotError, ClusterDownError, MovedError)
_NO_CLUSTER = "TIDEMILL__REDIS__URL: this Redis is a node of a cluster, which the cache can't use"
_NO_STORE = "TIDEMILL__REDIS__URL: this Redis stores nothing, as a Sentinel does"
_SINGLE = "name a single Redis server, or leave the variable out: then nothing is cached"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheLimits:
    """Deadlines of Redis calls, and bounds of the values that wait to be written."""

    ttl_s: int = 3600
    """Time to live of a result in Redis."""

    deadline_s: float = 0.03
    """Longest wait for an answer while a message waits."""

    connect_s: float = 1.0
    """Longest wait for a connection; no message waits for it."""

    open_s: float = 5.0
    """Time for which Redis is left alone after failures."""

    failures_to_open: int = 3
    """Failures in a row that open the breaker: a single late answer may be our own busy event loop."""

    connection_count: int = 4

    unwritten_items: int = 4096
    """Most results that wait to be written; further ones are dropped."""

    write_items: int = 256
    """Results per write."""

    write_after_s: float = 0.02
    """Time for which fewer results than that wait for others: a write alone takes 100 us of CPU time."""


class RedisCache:
    """Cache in the Redis at `url`, shared by all workers. It never raises and never waits long."""

    def __init__(
        self, url: str, *, limits: CacheLimits, metrics: CacheMetrics, ca_file: str | None = None
    ) -> None:
        self._url = SecretStr(url)
        self._ca_file = ca_file
        self._limits = limits
        self._metrics = metrics
        self._client = self._new_client()
        self._breaker = Breaker(open_s=limits.open_s, failures_to_open=limits.failures_to_open)
        self._breaker.open(until_s=0.0)  # until the first probe has connected
        self._unwritten: dict[bytes, bytes] = {}
        self._writer: asyncio.Task[None] | None = None
        self._probe: asyncio.Task[None] | None = None
        self._writes_are_taken = True

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        limits: CacheLimits | None = None,
        metrics: CacheMetrics,
        ca_file: str | None = None,
    ) -> Self:
        """Return the cache, connected if Redis is up; otherwise it connects later by itself.

        Raises ConfigError when `url` is no address (write redis://host:port), when `ca_file` has no
        certificates, or when a cluster or a Sentinel answers.
        """
        if ca_file is not None:
            ssl_context(ca_file, variable="TIDEMILL__REDIS__CA_FILE")
        try:
            cache = cls(url, limits=limits or CacheLimits(), metrics=metrics, ca_file=ca_file)
            # Refuses options that no client knows.
            cache._client.connection_pool.make_connection()  # type: ignore[no-untyped-call]
        except (ValueError, TypeError, RedisError):  # without its text, which may show the password
            raise ConfigError("TIDEMILL__REDIS__URL: is no URL of a Redis; write redis://host:port") from None
        if cache._breaker.claim_probe(asyncio.get_running_loop().time()):
            await cache._connect_first()
        return cache

    async def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return the value of each key, in order; None for a miss, a damaged value or a late answer."""
        values = await self._read(keys) if keys else []
        hit_count = sum(value is not None for value in values)
        self._metrics.hits.inc(hit_count)
        self._metrics.misses.inc(len(values) - hit_count)
        return values

    async def put_many(self, items: Mapping[bytes, bytes]) -> None:
        """Queue the items for the next write; drop those beyond the bound."""
        room = self._limits.unwritten_items - len(self._unwritten) if self._is_usable() else 0
        self._unwritten.update(islice(items.items(), max(0, room)))
        self._metrics.note_error(CacheError.DROPPED, len(items) - min(len(items), max(0, room)))
        if self._unwritten and (self._writer is None or self._writer.done()):
            self._writer = asyncio.get_running_loop().create_task(self._write())

    async def aclose(self) -> None:
        """Write the queued items, for at most `connect_s`, then close."""
        if self._writer is not None:
            await asyncio.wait([self._writer], timeout=self._limits.connect_s)
        for task in (self._writer, self._probe):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])
        await _close(self._client)

    async def _read(self, keys: Sequence[bytes]) -> list[bytes | None]:
        if not self._is_usable():
            return [None] * len(keys)
        try:
            async with asyncio.timeout(self._limits.deadline_s):
                stored = await self._client.mget(keys)
            values = [self._opened(key, value) for key, value in zip(keys, stored, strict=True)]
        except Exception as error:  # noqa: BLE001 - the client stumbles over damaged answers in many ways
            self._fail(CacheError.READ, error)
            return [None] * len(keys)
        self._breaker.succeed()
        return values

    def _opened(self, key: bytes, stored: bytes | str | None) -> bytes | None:
        value = checked_value(key, stored) if isinstance(stored, bytes) else None
        if stored is not None and value is None:
            # It needs no deleting: the result of this miss is about to be written over it.
            self._metrics.note_error(CacheError.DAMAGED)
        return value

    async def _write(self) -> None:
        while self._unwritten and self._is_usable():
            if len(self._unwritten) < self._limits.write_items:
                await asyncio.sleep(self._limits.write_after_s)
            keys = list(islice(self._unwritten, self._limits.write_items))
            values = [with_checksum(key, self._unwritten.pop(key)) for key in keys]
            try:
                async with asyncio.timeout(self._limits.connect_s):
                    await self._client.eval(_PUT, len(keys), *keys, self._limits.ttl_s, *values)
            except ResponseError as error:  # say, out of memory: Redis can still be read
                self._metrics.note_error(CacheError.WRITE)
                if self._writes_are_taken:  # once, not with each batch
                    log.warning("cache_not_written", error=type(error).__name__, cure=_cure(error))
                self._writes_are_taken = False
            except Exception as error:  # noqa: BLE001 - as for reading
                self._fail(CacheError.WRITE, error)
            else:
                self._writes_are_taken = True

    def _is_usable(self) -> bool:
        if self._breaker.is_closed:
            return True
        loop = asyncio.get_running_loop()
        if self._breaker.claim_probe(loop.time()) and (self._probe is None or self._probe.done()):
            self._probe = loop.create_task(self._reconnect())
        return False

    async def _connect_first(self) -> None:
        """Connect, if Redis is there. Raises ConfigError for a cluster or a Sentinel."""
        failure = await self._connect()
        if wrong := _wrong_kind(failure):
            await self.aclose()
            raise ConfigError(wrong)
        self._note_connection(failure)

    async def _reconnect(self) -> None:
        self._note_connection(await self._connect())

    def _note_connection(self, failure: BaseException | None) -> None:
        if failure is None:
            log.info("cache_connected")
        else:
            self._metrics.note_error(CacheError.CONNECT)
            log.warning("cache_not_connected", error=type(failure).__name__, cure=_cure(failure))

    async def _connect(self) -> BaseException | None:
        """Replace all connections: after an outage the pool holds dead ones without noticing.

        Return the first failure, None when all are connected.
        """
        fresh = self._new_client()
        # The command that the cache will send, as a user may be allowed to ping and not to read.
        reads = [fresh.mget(_PROBE_KEYS) for _ in range(self._limits.connection_count)]
        try:
            async with asyncio.timeout(self._limits.connect_s):
                answers = await asyncio.gather(*reads, return_exceptions=True)
            failures = [answer for answer in answers if isinstance(answer, BaseException)]
        except TimeoutError as error:
            failures = [error]
        except asyncio.CancelledError:
            await _close(fresh)
            raise
        if failures:
            await _close(fresh)
            return failures[0]
        stale, self._client = self._client, fresh
        self._breaker.succeed()
        self._metrics.is_available.set(1)
        await _close(stale)
        return None

    def _fail(self, kind: CacheError, error: Exception) -> None:
        self._metrics.note_error(kind)
        now_s = asyncio.get_running_loop().time()
        is_opened = self._breaker.fail(now_s)
        if not isinstance(error, _FAILURES):
            # After one wrong reply, later replies of a connection may belong to earlier calls: take new ones.
            self._breaker.open(until_s=now_s + self._limits.open_s)
            is_opened = True
        if is_opened:
            self._metrics.is_available.set(0)
            log.warning("cache_away", error=type(error).__name__, cure=_cure(error))

    def _new_client(self) -> Redis:
        limits = self._limits
        pool = connection_pool(
            self._url.get_secret_value(),
            ca_file=self._ca_file,
            count=limits.connection_count,
            wait_s=limits.deadline_s,
            answer_s=limits.connect_s,
        )
        return Redis.from_pool(pool)


async def _close(client: Redis) -> None:
    try:
        await client.aclose()
    except _FAILURES as error:
        log.info("cache_close_failed", error=type(error).__name__)


def _wrong_kind(error: BaseException | None) -> str | None:
    """Return why a server that answers so can never be the cache; None where it may."""
    # A cluster has database 0 only, and refuses a URL that names another while it connects.
    if isinstance(error, _OF_CLUSTERS) or "cluster mode" in str(error):
        return f"{_NO_CLUSTER}; {_SINGLE}"
    return f"{_NO_STORE}; {_SINGLE}" if "unknown command" in str(error) else None


def _cure(error: BaseException) -> str:
    """Return the operator's cure for a failure, never the server's own words, which may hold anything."""
    if wrong := _wrong_kind(error):
        return wrong
    if isinstance(error, AuthenticationError):
        return "check user and password in TIDEMILL__REDIS__URL"
    if isinstance(error, NoPermissionError):
        return "allow the user the commands and keys of docs/operations.md, Redis"
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "TIDEMILL__REDIS__CA_FILE must name the authority that signed the certificate of this host"
    if isinstance(error, ResponseError):
        # Each version of Redis has other words for a command that is not allowed within a script.
        return "see whether Redis has room and lets this user write (docs/operations.md, Redis)"
    return "see whether Redis runs and is reached at TIDEMILL__REDIS__URL; results are right without it"
