"""Metrics of batches and model calls."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_ITEMS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_MODEL = ("model",)


class ModelMetrics:
    """Metrics of one model with resolved labels: resolving them per message costs more than the count."""

    def __init__(self, metrics: "InferenceMetrics", model: str) -> None:
        self.batch_size = metrics.batch_size.labels(model)
        self.tokens = metrics.tokens.labels(model)
        self.padding_tokens = metrics.padding_tokens.labels(model)
        self.queue_wait = metrics.queue_wait.labels(model)
        self.infer = metrics.infer.labels(model)
        self.retries = metrics.retries.labels(model)
        self.refusals = metrics.refusals.labels(model)
        self.away = metrics.away.labels(model)
        self.version = metrics.version.labels(model)


class InferenceMetrics:
    """Metrics of all models of a process. Build it once per registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.batch_size = Histogram(
            "tidemill_batch_size", "Items a model call", _MODEL, registry=registry, buckets=_ITEMS
        )
        self.tokens = Counter(
            "tidemill_tokens", "Tokens sent to the model, without padding", _MODEL, registry=registry
        )
        self.padding_tokens = Counter(
            "tidemill_padding_tokens", "Padding sent to the model", _MODEL, registry=registry
        )
        self.queue_wait = Histogram(
            "tidemill_queue_wait_seconds",
            "From an item's arrival until its batch left",
            _MODEL,
            registry=registry,
            buckets=_SECONDS,
        )
        self.infer = Histogram(
            "tidemill_infer_seconds",
            "One answered model call, with transport",
            _MODEL,
            registry=registry,
            buckets=_SECONDS,
        )
        self.retries = Counter(
            "tidemill_model_retries",
            "Model calls made again because the model was away",
            _MODEL,
            registry=registry,
        )
        self.refusals = Counter(
            "tidemill_model_refusals", "Items that the model refused", _MODEL, registry=registry
        )
        self.away = Gauge(
            "tidemill_model_away_seconds",
            "How long the model has not answered; 0 while it does",
            _MODEL,
            registry=registry,
        )
        self.version = Gauge("tidemill_model_version", "The version that answers", _MODEL, registry=registry)

    def model(self, model: str) -> ModelMetrics:
        """Return the metrics of one model, shared by its versions."""
        return ModelMetrics(self, model)
