"""Why a service ended: its own words where it gave up on purpose, nothing where it has a bug."""

import subprocess
import sys

import pytest

from shared.bus.dead_letters import DeadLetterFloodError
from shared.bus.port import LostRecordsError
from shared.errors import ConfigError
from shared.process.exit_code import ExitCode
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


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ('RetryableError("no broker")', 1),
        ('IntegrityError("nonsense")', 1),
        ('ConfigError("no such topic")', 2),
    ],
)
def test_the_exit_code_says_whether_another_start_may_help(error: str, code: int) -> None:
    ended = ended_service(f"raise {error}")

    assert ended.returncode == code
    assert error.split('"')[1] in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    "body",
    [
        "raise MemoryError",
        # Nobody awaits a callback: without its work the service would wait for ever.
        "asyncio.get_running_loop().call_soon(bytearray, 2**62); await stop.wait()",
    ],
)
def test_a_service_without_memory_ends_and_says_so_wherever_that_was_noticed(body: str) -> None:
    ended = ended_service(body)

    assert ended.returncode == ExitCode.FAILED
    assert NO_MEMORY in ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr


def ended_service(body: str) -> subprocess.CompletedProcess[str]:
    """Return how a service ended that does this and no more."""
    script = f"""
import asyncio

from shared.errors import ConfigError, IntegrityError, RetryableError
from shared.process.exit_code import ExitCode
from shared.process.run import main
from shared.settings import ServiceSettings

async def serve(settings, stop):
    {body}

main("service", ServiceSettings, serve)
"""
    command = [sys.executable, "-c", script]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
