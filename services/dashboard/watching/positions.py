"""Positions of the consumer groups in Kafka, asked for while somebody looks at them."""

import asyncio
from collections.abc import Callable

from services.dashboard.state.positions import GroupPlace
from services.dashboard.state.state import State
from shared.bus.kafka.inspector import KafkaInspector
from shared.catalogue import SERVICES
from shared.errors import TidemillError
from shared.settings import KafkaSettings

_EVERY_S = 10.0
_LOOK_EVERY_S = 0.5


class Positions:
    """Asks Kafka how far each group is."""

    def __init__(self, kafka: KafkaSettings, state: State, *, is_wanted: Callable[[], bool]) -> None:
        self._inspector = KafkaInspector(kafka)
        self._state = state
        self._is_wanted = is_wanted

    async def run(self) -> None:
        """Ask until cancelled, while somebody looks."""
        while True:
            while not self._is_wanted():  # noqa: ASYNC110 - each call opens connections: nobody, no call
                await asyncio.sleep(_LOOK_EVERY_S)
            await self._ask()
            await asyncio.sleep(_EVERY_S)

    async def _ask(self) -> None:
        try:
            found = [
                GroupPlace(service.group, partition, at.committed, at.end, at.lag_records, str(at.lost or ""))
                for service in SERVICES
                if service.inputs
                for partition, at in sorted(
                    (await self._inspector.positions(service.group, service.input_topics)).items()
                )
            ]
        except TidemillError as error:
            self._state.positions.note_fault(str(error))
        else:
            self._state.positions.note(found, self._state.now)
        self._state.changed()
