"""The gate: together, or alone."""

import asyncio
from contextlib import AbstractAsyncContextManager

from shared.bus.gate import Gate
from tests.support.virtual_time import run_in_virtual_time


def test_a_task_alone_is_never_inside_with_another() -> None:
    async def scenario() -> list[str]:
        gate, inside, seen = Gate(), list[str](), list[str]()

        async def pass_through(name: str, entry: AbstractAsyncContextManager[None]) -> None:
            async with entry:
                inside.append(name)
                await asyncio.sleep(1.0)
                seen.append("".join(sorted(inside)))
                inside.remove(name)

        async with asyncio.TaskGroup() as tasks:
            for name in "abc":
                tasks.create_task(pass_through(name, gate.together()))
            await asyncio.sleep(0.5)
            for name in "XY":
                tasks.create_task(pass_through(name, gate.alone()))
            await asyncio.sleep(0)
            for name in "de":
                tasks.create_task(pass_through(name, gate.together()))
        return seen

    seen = run_in_virtual_time(scenario())

    assert [each for each in seen if each.isupper()] == ["X", "Y"]
    assert all(each.isupper() or each.islower() for each in seen)
    assert seen[0] == "abc"


def test_a_cancelled_task_leaves_the_gate_open() -> None:
    async def scenario() -> bool:
        gate = Gate()

        async def stay(entry: AbstractAsyncContextManager[None]) -> None:
            async with entry:
                await asyncio.Event().wait()

        inside = asyncio.create_task(stay(gate.together()))
        await asyncio.sleep(0)
        waiting = asyncio.create_task(stay(gate.alone()))
        await asyncio.sleep(0)
        for task in (waiting, inside):
            task.cancel()
        await asyncio.wait([inside, waiting])
        async with asyncio.timeout(1.0), gate.alone():
            pass
        async with asyncio.timeout(1.0), gate.together():
            return True

    assert run_in_virtual_time(scenario())
