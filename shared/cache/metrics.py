"""Metrics of the result cache."""

from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge


class CacheError(StrEnum):
    """Kinds of cache errors: label `kind` of `tidemill_cache_errors`."""

    READ = "read"
    WRITE = "write"
    CONNECT = "connect"
    DAMAGED = "damaged"
    """A stored value with a wrong checksum."""

    DROPPED = "dropped"
    """A result that was not stored, for want of room or of a cache."""


class CacheMetrics:
    """Metrics of the cache of a process. Build it once per registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.hits = Counter("tidemill_cache_hits", "Results found", registry=registry)
        self.misses = Counter("tidemill_cache_misses", "Results not found, or not in time", registry=registry)
        self._errors = Counter(
            "tidemill_cache_errors",
            "Calls that failed, values that were damaged, results not stored",
            ("kind",),
            registry=registry,
        )
        self.is_available = Gauge("tidemill_cache_available", "1 while the cache is used", registry=registry)

    def note_error(self, kind: CacheError, count: int = 1) -> None:
        """Count errors of one kind."""
        self._errors.labels(kind).inc(count)
