"""The counters of all services add up to one reading."""

from prometheus_client import CollectorRegistry, generate_latest

from shared.accounts.gauges import Gauges, gauges
from shared.inference.metrics import InferenceMetrics


def a_page(*batch_sizes: int) -> str:
    registry = CollectorRegistry()
    model = InferenceMetrics(registry).model("any")
    for size in batch_sizes:
        model.batch_size.observe(size)
    return generate_latest(registry).decode()


def test_the_batch_size_is_the_mean_over_all_services() -> None:
    assert gauges([a_page(2, 4), a_page(12)]).batch_size == 6.0


def test_without_any_call_there_is_nothing_to_divide() -> None:
    assert gauges([a_page()]) == Gauges()


def test_lag_and_cache_hits_are_summed() -> None:
    pages = [
        "tidemill_lag_records 3\ntidemill_cache_hits_total 1\ntidemill_cache_misses_total 2\n",
        "tidemill_lag_records 4\ntidemill_cache_hits_total 1\n",
    ]

    assert gauges(pages) == Gauges(lag_records=7, batch_size=0.0, cache_hit_share=0.5)
