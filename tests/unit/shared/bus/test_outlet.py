"""Exactly once: who takes partitions over, and what becomes of those that can't be had."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from shared.bus.outlet import TransactionalOutlet
from shared.bus.positions import Position
from shared.bus.record import Outgoing, Partition
from shared.errors import RetryableError
from tests.support.virtual_time import run_in_virtual_time


class SlowTransactions:
    """Comes up after a second, unless its id is refused at once; notes who is up."""

    def __init__(self, name: str, up: set[str], refused: str) -> None:
        self._name = name
        self._up = up
        self._refused = refused

    async def start(self) -> None:
        """Come up late, or fail at once."""
        if self._name == self._refused:
            raise RetryableError("the broker doesn't answer")
        await asyncio.sleep(1.0)
        self._up.add(self._name)

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Write nothing."""

    async def commit(self, positions: Mapping[Partition, Position], *, group: str) -> None:
        """Store nothing."""

    async def stop(self) -> None:
        """Close what is up."""
        self._up.discard(self._name)


def test_a_take_over_that_fails_for_one_partition_leaves_no_producer_of_the_others_behind() -> None:
    async def scenario() -> set[str]:
        up: set[str] = set()
        outlet = TransactionalOutlet(lambda name: SlowTransactions(name, up, "g-in-1"), group="g")

        with pytest.raises(RetryableError):
            await outlet.take_over(frozenset(Partition("in", number) for number in range(4)))
        await outlet.stop()
        await asyncio.sleep(60.0)
        return up

    assert run_in_virtual_time(scenario()) == set()
