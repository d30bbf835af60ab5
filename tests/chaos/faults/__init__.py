"""The faults, each by real means: signals to real processes, bad weather between them, a full disk."""

from tests.chaos.faults import brokers, caches, gateway, models, records, versions, workers

FAULTS = tuple(
    fault
    for module in (workers, brokers, models, versions, caches, records, gateway)
    for fault in module.FAULTS
)
