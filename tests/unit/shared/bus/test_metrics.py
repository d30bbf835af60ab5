"""Metrics of a stream."""

from prometheus_client import CollectorRegistry

from shared.bus.metrics import StreamMetrics
from shared.bus.port import ClientBrokenError
from shared.bus.record import Partition
from tests.support.streams import GatedHandler, WatchedBus, running, stream_on, until
from tests.support.virtual_time import run_in_virtual_time


def lag_of(registry: CollectorRegistry) -> dict[str, float]:
    """Return the exported lag of each partition of the topic `in`."""
    return {
        sample.labels["partition"]: sample.value
        for metric in registry.collect()
        for sample in metric.samples
        if sample.name == "tidemill_lag_records" and sample.labels["stream"] == "in"
    }


def test_only_the_lag_of_the_partitions_last_told_is_exported() -> None:
    registry = CollectorRegistry()
    metrics = StreamMetrics(registry)

    metrics.set_lag({Partition("in", 0): 3, Partition("in", 1): 4})
    metrics.set_lag({Partition("in", 1): 5, Partition("in", 2): 0})

    assert lag_of(registry) == {"1": 5.0, "2": 0.0}


def test_a_stream_whose_clients_were_replaced_exports_no_lag_of_what_another_member_got_meanwhile() -> None:
    async def scenario() -> None:
        bus, registry = WatchedBus(partitions=2), CollectorRegistry()
        first = stream_on(bus, GatedHandler(), metrics=StreamMetrics(registry))
        async with running(first), running(stream_on(bus, GatedHandler())):
            await until(lambda: set(lag_of(registry)) == {"0"})
            bus.publish_errors.append(ClientBrokenError("out of order"))
            await bus.send("a", key="d")  # of partition 0
            await until(lambda: bus.client_count == 3)
            await until(lambda: set(lag_of(registry)) == {"1"})

    run_in_virtual_time(scenario())
