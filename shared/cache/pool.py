"""Connections to Redis."""

from redis.asyncio import BlockingConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


def connection_pool(
    url: str, *, ca_file: str | None, count: int, wait_s: float, answer_s: float
) -> BlockingConnectionPool:
    """Return a pool of at most `count` connections, which tries nothing twice.

    `wait_s` bounds the wait for a free connection, `answer_s` that for connecting and for an answer.
    """
    tls = {"ssl_ca_certs": ca_file} if url.startswith("rediss:") else {}
    return BlockingConnectionPool.from_url(
        url,
        protocol=2,
        max_connections=count,
        timeout=wait_s,
        socket_timeout=answer_s,
        socket_connect_timeout=answer_s,
        retry=Retry(NoBackoff(), 0),
        **tls,
    )
