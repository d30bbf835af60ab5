"""Metrics for parts under test, in registries that nothing scrapes."""

from prometheus_client import CollectorRegistry

from shared.cache.metrics import CacheMetrics
from shared.inference.metrics import InferenceMetrics, ModelMetrics


def cache_metrics() -> CacheMetrics:
    """Return the metrics of a cache."""
    return CacheMetrics(CollectorRegistry())


def model_metrics() -> ModelMetrics:
    """Return the metrics of one model."""
    return InferenceMetrics(CollectorRegistry()).model("any")
