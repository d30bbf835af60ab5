"""Fixtures and rules of all tests."""

import csv
import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from deploy.local.paths import RUN_DIR

pytest_plugins = ["tests.support.stack", "tests.support.data", "tests.support.buses", "tests.support.threads"]

# Where the tests themselves run in the background, children would ignore Ctrl-C as their parent does.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The same cases on each run: a build that fails once, fails again.
settings.register_profile("tidemill", deadline=None, derandomize=True)
settings.load_profile("tidemill")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("TIDEMILL_") and name != RUN_DIR:  # lanes of CI have folders of their own
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _csv_limit_as_it_was() -> Iterator[None]:
    """Undo what reading a person's files does to the whole process."""
    before = csv.field_size_limit()
    yield
    csv.field_size_limit(before)
