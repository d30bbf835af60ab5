"""The chaos run can see a loss: with a worker that commits too early it finds one."""

from dataclasses import replace

import pytest

from tests.chaos import hasty_worker
from tests.chaos.faults.workers import KILL
from tests.chaos.run import Outcome, outcomes

pytestmark = pytest.mark.timeout(300)


FEW_KILLS = replace(KILL, quick_times=3)
"""A kill loses something nearly always; three leave no doubt."""


async def outcome_with(worker: str) -> Outcome:
    [found] = [each async for each in outcomes([FEW_KILLS], "at-least-once", is_quick=True, worker=worker)]
    assert isinstance(found, Outcome)
    return found


async def test_a_worker_that_commits_before_it_publishes_is_found_out() -> None:
    found = await outcome_with(hasty_worker.__name__)

    assert len(found.audit.lost) > 0
    assert any("lost" in promise for promise in found.broken)
