"""Choice of the cache by the settings."""

from prometheus_client import CollectorRegistry

from shared.cache.memory import NullCache
from shared.cache.metrics import CacheMetrics
from shared.cache.port import Cache
from shared.cache.redis import CacheLimits, RedisCache
from shared.settings import RedisSettings


async def open_cache(settings: RedisSettings, registry: CollectorRegistry) -> Cache:
    """Return the cache in Redis; a cache that stores nothing when no address is set."""
    if settings.url is None:
        return NullCache()
    return await RedisCache.open(
        settings.url.get_secret_value(),
        limits=CacheLimits(ttl_s=settings.ttl_s),
        metrics=CacheMetrics(registry),
        ca_file=settings.ca_file,
    )
