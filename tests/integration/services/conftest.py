"""The brokers that the services are tried on, and what Faust leaves behind."""

from collections.abc import Iterator

import pytest

from tests.support.connections import forget_connections


@pytest.fixture(params=["memory_kafka", "real_kafka"])
def bootstrap(request: pytest.FixtureRequest) -> str:
    """Return the address of each broker in turn."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def faust_in_this_process() -> Iterator[None]:
    """Let what Faust's threads leave behind be nobody else's."""
    yield
    forget_connections()
