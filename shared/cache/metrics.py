"""Metrics of the result cache."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class CacheMetrics:
    """Metrics of the cache of a process. Build it once per registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.hits = Counter("tidemill_cache_hits", "Results found", registry=registry)
        self.misses = Counter("tidemill_cache_misses", "Results not found, or not in time", registry=registry)
        self.errors = Counter(
            "tidemill_cache_errors",
            "Calls that failed, values that were damaged, results not stored",
            ("kind",),
            registry=registry,
        )
        self.is_available = Gauge("tidemill_cache_available", "1 while the cache is used", registry=registry)
