"""The supervisor starts, restarts, gives up and stops as it says, with small programs as parts."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from deploy.local.keeper import PartLostError
from deploy.local.part import HealthCheck, Part, PartEvent, PartState
from deploy.local.supervisor import Supervisor

SLEEP = "import time; time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


class Journal:
    """Hears all events and lets a test wait for one."""

    def __init__(self) -> None:
        self.events: list[PartEvent] = []
        self._changed = asyncio.Event()

    def __call__(self, event: PartEvent) -> None:
        """Note an event."""
        self.events.append(event)
        self._changed.set()

    async def count(self, state: PartState, times: int) -> list[PartEvent]:
        """Return the events of a state, once there are so many."""
        while True:
            found = [event for event in self.events if event.state is state]
            if len(found) >= times:
                return found
            self._changed.clear()
            await asyncio.wait_for(self._changed.wait(), 30)


def program(code: str, name: str = "part", **more: object) -> Part:
    """Return a part that runs this Python."""
    command = (sys.executable, "-I", "-S", "-c", code)
    return Part(name=name, command=command, **more)  # type: ignore[arg-type]


def failing_after(successes: int) -> Callable[[], asyncio.Future[None]]:
    """Return a probe that answers so many times and then no more."""
    left = iter(range(successes))

    def probe() -> asyncio.Future[None]:
        answer = asyncio.get_running_loop().create_future()
        if next(left, None) is None:
            answer.set_exception(ConnectionError("no answer"))
        else:
            answer.set_result(None)
        return answer

    return probe


async def supervise(part: Part, logs: Path, *, until: Callable[[], Awaitable[object]]) -> None:
    """Run one part until something has happened."""
    async with Supervisor(logs=logs, on_event=Journal()) as supervisor:
        await supervisor.start([part])
        await asyncio.wait_for(until(), 30)


async def test_a_part_that_ends_is_started_again_and_its_last_line_is_told(tmp_path: Path) -> None:
    journal = Journal()
    crash = program("import sys, time; time.sleep(0.2); print('first', flush=True); sys.exit('out of paper')")

    async with Supervisor(logs=tmp_path, on_event=journal) as supervisor:
        await supervisor.start([crash])
        failed = await journal.count(PartState.FAILED, 1)
        ready = await journal.count(PartState.READY, 2)

    assert failed[0].detail == "ended with exit code 1: out of paper"
    assert ready[0].pid != ready[1].pid


async def test_a_part_that_runs_without_working_is_killed_and_started_again(tmp_path: Path) -> None:
    journal = Journal()
    health = HealthCheck(probe=failing_after(1), every_s=0.01)

    async with Supervisor(logs=tmp_path, on_event=journal) as supervisor:
        await supervisor.start([program(STUBBORN, health=health)])
        failed = await journal.count(PartState.FAILED, 1)
        await journal.count(PartState.READY, 2)

    assert failed[0].detail == "runs but does not work: no answer"


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (
            program("import sys; print('no such topic'); sys.exit(2)"),
            "part ended with exit code 2: no such topic",
        ),
        (program("raise SystemExit(1)", restart=False), "part ended with exit code 1"),
        (
            program(SLEEP, ready=failing_after(0), ready_within_s=0.1),
            "part was not ready within 0.1 s: no answer",
        ),
        (
            Part(name="part", command=("/no/such",), ready=failing_after(0)),
            "part ended with exit code 1: FileNotFound",
        ),
    ],
)
async def test_a_part_that_cannot_be_kept_ends_the_run_with_its_reason(
    tmp_path: Path, part: Part, reason: str
) -> None:
    with pytest.raises(PartLostError) as lost:
        await supervise(part, tmp_path, until=asyncio.Event().wait)

    assert str(lost.value).startswith(reason)


async def test_parts_start_after_and_stop_before_those_they_need(tmp_path: Path) -> None:
    journal = Journal()
    broker, service = program(SLEEP, "broker"), program(SLEEP, "service", starts_after=("broker",))

    async with Supervisor(logs=tmp_path, on_event=journal) as supervisor:
        await supervisor.start([broker, service])

    assert [(event.part, event.state.value) for event in journal.events] == [
        ("broker", "starting"),
        ("broker", "ready"),
        ("service", "starting"),
        ("service", "ready"),
        ("service", "stopping"),
        ("service", "stopped"),
        ("broker", "stopping"),
        ("broker", "stopped"),
    ]


async def test_an_error_of_the_caller_comes_out_as_it_is(tmp_path: Path) -> None:
    async def fail() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        await supervise(program(SLEEP), tmp_path, until=fail)


async def test_a_part_steps_back_as_far_as_it_says(tmp_path: Path) -> None:
    journal = Journal()
    own = os.nice(0)
    part = program("import os, sys; sys.exit(f'nice {os.nice(0)}')", nice=3)

    async with Supervisor(logs=tmp_path, on_event=journal) as supervisor:
        await supervisor.start([part])
        failed = await journal.count(PartState.FAILED, 1)

    assert failed[0].detail == f"ended with exit code 1: nice {min(19, own + 3)}"
