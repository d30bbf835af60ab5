"""How a service ends that can't go on, as the process that it is."""

import subprocess
import sys

import pytest

from shared.process.exit_code import ExitCode
from shared.process.run import NO_MEMORY


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
