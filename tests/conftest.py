"""What holds for every test, and what every test may ask for."""

import os

import pytest
from hypothesis import settings

pytest_plugins = ["tests.support.stack", "tests.support.data", "tests.support.buses"]

# The same cases on each run: a build that fails once, fails again.
settings.register_profile("tidemill", deadline=None, derandomize=True)
settings.load_profile("tidemill")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("TIDEMILL__"):
            monkeypatch.delenv(name)
