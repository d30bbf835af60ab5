"""Records in, records out: decodes a chunk, asks the handler about its events, encodes the results."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from shared.bus.handled import Handled, StreamCodec
from shared.bus.metrics import Step
from shared.bus.port import Handler, Outcome
from shared.bus.received import Received
from shared.bus.record import Record
from shared.bus.retries import Retries
from shared.errors import RejectedError


class Handling:
    """Handles chunks with a handler of events; asks it again while something that it needs is down."""

    def __init__(self, codec: StreamCodec, handler: Handler[Any], retries: Retries) -> None:
        self._codec = codec
        self._handler = handler
        self._retries = retries

    async def handle(self, records: Sequence[Record]) -> list[Handled]:
        """Return what is to be written for each record, in order.

        Raises ValueError when the handler returns another number of outcomes than it got events.
        """
        received = [self._codec.received(record) for record in records]
        events = [each for each in received if isinstance(each, Received)]
        outcomes = await self._outcomes(records[0].partition.topic, events) if events else ()
        if len(outcomes) != len(events):
            raise ValueError(f"{len(outcomes)} outcomes of {len(events)} events")
        in_order = iter(outcomes)
        return [
            self._codec.refused(record, each)
            if isinstance(each, RejectedError)
            else self._handled(record, each, next(in_order))
            for record, each in zip(records, received, strict=True)
        ]

    async def _outcomes(self, topic: str, events: Sequence[Received[Any]]) -> Sequence[Outcome]:
        return await self._retries.until_done(Step.HANDLE, topic, partial(self._handler.handle, events))

    def _handled(self, record: Record, received: Received[Any], outcome: Outcome) -> Handled:
        if isinstance(outcome, RejectedError):
            return self._codec.refused(record, outcome)
        return self._codec.answered(record, received, outcome)
