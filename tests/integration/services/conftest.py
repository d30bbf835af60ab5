"""The brokers that the services are tried on, and what Faust leaves behind."""

import gc
import warnings
from collections.abc import Iterator

import pytest


@pytest.fixture(params=["memory_kafka", "real_kafka"])
def bootstrap(request: pytest.FixtureRequest) -> str:
    """Return the address of each broker in turn."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def faust_in_this_process() -> Iterator[None]:
    """Collect the connections that Faust's threads leave open where they end soon after an outage.

    A service ends with them. Here they would be found later, and fail a test that has no part in it.
    """
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
