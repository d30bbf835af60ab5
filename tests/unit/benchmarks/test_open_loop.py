"""Load that does not wait for answers."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from benchmarks.open_loop import even, independent, offer
from shared.bus.record import Outgoing, Place


class SlowProducer:
    """Acknowledges nothing before all that was expected has been sent."""

    def __init__(self, *, expects: int) -> None:
        self._missing = expects
        self._all_sent = asyncio.Event()

    async def start(self) -> None:
        """Connect to nothing."""

    async def publish(self, records: Sequence[Outgoing]) -> Sequence[Place]:
        """Wait for all others."""
        self._missing -= len(records)
        if not self._missing:
            self._all_sent.set()
        await self._all_sent.wait()
        return []

    async def stop(self) -> None:
        """Close nothing."""


async def test_a_slow_broker_does_not_hold_up_what_is_due() -> None:
    due: list[datetime] = []

    def make(at: datetime) -> Outgoing:
        due.append(at)
        return Outgoing("any", None, None)

    async with asyncio.timeout(5):
        sent_count = await offer(SlowProducer(expects=4), make, [0.0, 0.01, 0.01, 0.02])

    assert sent_count == 4
    assert due[-1] - due[0] == timedelta(seconds=0.02)


def test_independent_senders_come_in_order_at_the_rate() -> None:
    moments = list(independent(50, lasting_s=100, seed=1))

    assert moments == sorted(moments)
    assert len(moments) == pytest.approx(5000, rel=0.05)
    assert moments[-1] < 100


def test_an_even_load_is_sent_in_steps() -> None:
    moments = list(even(100, lasting_s=2))

    assert len(moments) == 200
    assert len(set(moments)) == pytest.approx(40, abs=1)
    assert max(moments) < 2
