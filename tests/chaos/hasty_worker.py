"""`python -m tests.chaos.hasty_worker`: a worker with a planted bug, so that a run of chaos must find losses.

It commits an offset before the results behind it are acknowledged, as many consumers do without knowing.
"""

import asyncio
from collections.abc import Sequence

from benchmarks.identity_worker import serve
from services.inference.settings import Settings
from shared.bus.outlet import AckedOutlet
from shared.bus.positions import Position
from shared.bus.record import Outgoing, Partition
from shared.process.run import main

_HASTE_S = 0.05
"""From the commit to the results. The next records come sooner, so nearly every kill falls into it."""

_publish = AckedOutlet.publish


async def _commit_then_publish(
    outlet: AckedOutlet, partition: Partition, records: Sequence[Outgoing], *, up_to: Position
) -> None:
    await _publish(outlet, partition, [], up_to=up_to)
    await outlet.commit()
    await asyncio.sleep(_HASTE_S)
    await _publish(outlet, partition, records, up_to=up_to)


if __name__ == "__main__":
    AckedOutlet.publish = _commit_then_publish  # type: ignore[method-assign, assignment]
    main("inference", Settings, serve)
