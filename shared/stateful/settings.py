"""Settings that every stateful service has; each adds its own group."""

from shared.bus.limits import GuardLimits
from shared.settings import ServiceSettings


class StatefulSettings(ServiceSettings):
    """Kafka, HTTP, the log, and when the service gives up."""

    limits: GuardLimits = GuardLimits()
