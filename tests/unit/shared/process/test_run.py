"""Why a service ended: its own words where it gave up on purpose, nothing where it has a bug."""

import pytest

from shared.bus.dead_letters import DeadLetterFloodError
from shared.bus.port import LostRecordsError
from shared.errors import ConfigError
from shared.process.run import NO_MEMORY, exit_code_of, reason_of

FLOOD = DeadLetterFloodError("100 dead letters in 60 s")
LOST = LostRecordsError("offsets 3 to 5 were deleted")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (FLOOD, "100 dead letters in 60 s"),
        (ExceptionGroup("tasks", [FLOOD]), "100 dead letters in 60 s"),
        (
            ExceptionGroup("tasks", [FLOOD, ExceptionGroup("more", [LOST])]),
            "100 dead letters in 60 s; offsets 3 to 5 were deleted",
        ),
        (ExceptionGroup("tasks", [MemoryError(), ExceptionGroup("more", [MemoryError()])]), NO_MEMORY),
        (ExceptionGroup("tasks", [RuntimeError("Allocation error : not enough memory")]), NO_MEMORY),
        (ValueError("a bug"), ""),
        (ExceptionGroup("tasks", [FLOOD, KeyError("a bug")]), ""),
    ],
)
def test_a_service_that_gives_up_says_why_in_one_line(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("no right"), 2),
        (
            ExceptionGroup("tasks", [ConfigError("no right"), ExceptionGroup("more", [ConfigError("none")])]),
            2,
        ),
        (ExceptionGroup("tasks", [ConfigError("no right"), FLOOD]), 1),
        (FLOOD, 1),
        (ValueError("a bug"), 1),
    ],
)
def test_only_a_wrong_set_up_and_nothing_else_exits_with_2(error: Exception, code: int) -> None:
    assert exit_code_of(error) == code
