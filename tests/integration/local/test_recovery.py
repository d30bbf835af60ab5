"""A killed process is restarted, and no process outlives the supervisor."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import psutil
import pytest

from deploy.local.paths import MODELS
from shared.repository.config import CONFIG_FILE, read_config, write_config
from tests.support.stack import StackProcess, stack_process

BACK_WITHIN_S = 15.0


@pytest.fixture
def stack() -> Iterator[StackProcess]:
    """Yield a stack of a small Triton and a Redis that a test may end, starting."""
    with stack_process("--kafka", "memory", "--load", "identity") as process:
        yield process


@pytest.fixture(scope="module")
def mended() -> Iterator[StackProcess]:
    """Yield one stack for all tests that leave it as they found it."""
    with stack_process("--kafka", "none", "--load", "identity") as process:
        yield process


async def test_a_killed_stub_of_triton_is_noticed_and_triton_is_back_on_its_port(
    mended: StackProcess,
) -> None:
    pid = mended.pid("triton")
    url = mended.addresses().triton_http

    stubs_of(pid)[0].kill()

    failed = mended.wait_for(within_s=BACK_WITHIN_S, part="triton", state="failed")
    again = mended.wait_for(within_s=BACK_WITHIN_S, part="triton", state="ready")
    assert "not healthy" in failed["detail"]
    assert again["pid"] != pid
    async with aiohttp.ClientSession(url) as session, session.get("/v2/models/identity/ready") as answer:
        assert answer.status == 200


def test_a_killed_stub_is_noticed_also_when_another_answers_for_it(tmp_path: Path) -> None:
    shutil.copytree(MODELS / "identity", tmp_path / "identity")
    path = tmp_path / "identity" / CONFIG_FILE
    config = read_config(path)
    config.instance_group[0].count = 2
    write_config(config, path)
    with stack_process("--kafka", "none", "--no-redis", "--models", str(tmp_path)) as stack:
        stubs = stubs_of(stack.pid("triton"))

        stubs[0].kill()

        stack.wait_for(within_s=BACK_WITHIN_S, part="triton", state="failed")
        again = stack.wait_for(within_s=BACK_WITHIN_S, part="triton", state="ready")
        assert len(stubs) == 2
        assert len(stubs_of(int(again["pid"]))) == 2


def stubs_of(pid: int) -> list[psutil.Process]:
    """Return the processes in which Triton's backend runs."""
    return [child for child in psutil.Process(pid).children(recursive=True) if "stub" in child.name()]


@pytest.mark.parametrize("part", ["triton", "redis"])
def test_a_killed_server_is_back(mended: StackProcess, part: str) -> None:
    pid = mended.pid(part)

    os.kill(pid, signal.SIGKILL)

    failed = mended.wait_for(within_s=BACK_WITHIN_S, part=part, state="failed")
    again = mended.wait_for(within_s=BACK_WITHIN_S, part=part, state="ready")
    assert failed["detail"].startswith("was killed by SIGKILL")
    assert again["pid"] != pid


def test_the_death_of_the_in_memory_broker_ends_the_run() -> None:
    with stack_process("--kafka", "memory", "--no-triton") as stack:
        pid = stack.pid("kafka")

        os.kill(pid, signal.SIGKILL)

        assert "kafka was killed by SIGKILL" in stack.last_words()
        assert stack.process.returncode == 2


def test_nothing_outlives_a_killed_supervisor(stack: StackProcess) -> None:
    stack.addresses()
    family = psutil.Process(stack.process.pid).children(recursive=True)

    stack.end(signal.SIGKILL)

    _, alive = psutil.wait_procs(family, timeout=10)
    assert len(family) >= 4
    assert alive == []


def test_a_stub_that_hangs_does_not_outlive_a_killed_supervisor(stack: StackProcess) -> None:
    stub = stubs_of(stack.pid("triton"))[0]

    stub.suspend()
    stack.end(signal.SIGKILL)

    _, alive = psutil.wait_procs([stub], timeout=10)
    assert alive == []


def test_nothing_is_left_after_an_orderly_end(stack: StackProcess) -> None:
    stack.addresses()
    family = psutil.Process(stack.process.pid).children(recursive=True)

    code = stack.end()

    assert code == 0
    assert [process for process in family if process.is_running()] == []
