"""The faults, each by real means: signals to real processes, bad weather between them, a full disk."""

from tests.chaos.faults import brokers, caches, models, records, workers

FAULTS = tuple(fault for module in (workers, brokers, models, caches, records) for fault in module.FAULTS)
