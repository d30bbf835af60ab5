"""The brokers that the services are tried on."""

import pytest


@pytest.fixture(params=["memory_kafka", "real_kafka"])
def bootstrap(request: pytest.FixtureRequest) -> str:
    """Return the address of each broker in turn."""
    return str(request.getfixturevalue(request.param))
