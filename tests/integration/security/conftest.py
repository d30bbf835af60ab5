"""A broker that is locked, with the users and the rights that the operator's page names."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.events import BY_NAME, DEAD_SUFFIX
from tests.support.connections import forget_connections
from tests.support.secured_kafka import SecuredKafka, secured_kafka

PAGE = Path(__file__).parents[3] / "docs" / "operations.md"


def documented_grants() -> list[list[str]]:
    """Return the words of each `grant` command of the page: USER --operation ..."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("grant tidemill-")]


@pytest.fixture(scope="session")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    """Yield the broker; its topics are there, as are the users with the documented rights."""
    with secured_kafka(tmp_path_factory.mktemp("locked")) as kafka:
        kafka.add_topics([name + suffix for name in BY_NAME for suffix in ("", DEAD_SUFFIX)])
        for user, *rights in documented_grants():
            kafka.add_user(user)
            kafka.grant(user, *rights)
        yield kafka


@pytest.fixture(autouse=True, scope="module")
def _forget_connections_at_the_end() -> Iterator[None]:
    yield
    forget_connections()


@pytest.fixture(autouse=True)
def _forget_connections() -> None:
    forget_connections()
