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
    """Yield a stack of a small Triton and a Redis, ready."""
    with stack_process("--kafka", "memory", "--load", "identity") as process:
        yield process


def started(stack: StackProcess, part: str) -> int:
    """Return the process id of a part, once it is ready."""
    return int(stack.wait_for(within_s=60, part=part, state="ready")["pid"])


async def test_a_killed_stub_of_triton_is_noticed_and_triton_is_back_on_its_port(stack: StackProcess) -> None:
    pid = started(stack, "triton")
    url = stack.addresses().triton_http

    stubs_of(pid)[0].kill()

    failed = stack.wait_for(within_s=BACK_WITHIN_S, part="triton", state="failed")
    again = stack.wait_for(within_s=BACK_WITHIN_S, part="triton", state="ready")
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
        stubs = stubs_of(started(stack, "triton"))

        stubs[0].kill()

        stack.wait_for(within_s=BACK_WITHIN_S, part="triton", state="failed")
        again = stack.wait_for(within_s=BACK_WITHIN_S, part="triton", state="ready")
        assert len(stubs) == 2
        assert len(stubs_of(int(again["pid"]))) == 2


def stubs_of(pid: int) -> list[psutil.Process]:
    """Return the processes in which Triton's backend runs."""
    return [child for child in psutil.Process(pid).children(recursive=True) if "stub" in child.name()]


@pytest.mark.parametrize("part", ["triton", "redis"])
def test_a_killed_server_is_back(stack: StackProcess, part: str) -> None:
    pid = started(stack, part)
    stack.addresses()

    os.kill(pid, signal.SIGKILL)

    failed = stack.wait_for(within_s=BACK_WITHIN_S, part=part, state="failed")
    again = stack.wait_for(within_s=BACK_WITHIN_S, part=part, state="ready")
    assert failed["detail"].startswith("was killed by SIGKILL")
    assert again["pid"] != pid


def test_the_death_of_the_in_memory_broker_ends_the_run(stack: StackProcess) -> None:
    pid = started(stack, "kafka")
    stack.addresses()

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
    stub = stubs_of(started(stack, "triton"))[0]
    stack.addresses()

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
