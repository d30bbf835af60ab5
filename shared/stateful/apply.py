"""The effects of a decision, in the order that makes a crash harmless: publish, then store."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from services.sentiment_alerts.handler import SentimentAlerts, States
from services.sentiment_alerts.state import CompanyState, bookmark
from shared.bus.accounting import Accounting
from shared.bus.dead_letters import dead_letter
from shared.bus.handled import Handled
from shared.bus.limits import GuardLimits
from shared.bus.metrics import Step, StreamMetrics
from shared.bus.port import Producer
from shared.bus.publishing import Publishing
from shared.bus.record import Outgoing, Record
from shared.bus.retries import Retries
from shared.errors import RejectedError

Store = Callable[[CompanyState], Awaitable[None]]
"""Returns when a state is safe with the broker. Raises RetryableError when that is away."""


class Applier:
    """Applies records one by one; what it can't do now it holds and tries again."""

    def __init__(
        self,
        service: SentimentAlerts,
        producer: Producer,
        *,
        group: str,
        metrics: StreamMetrics,
        limits: GuardLimits,
    ) -> None:
        self._service = service
        self._producer = producer
        self._group = group
        self._retries = Retries(metrics, group=group)
        self._publishing = Publishing(self._retries, group=group)
        self._accounting = Accounting(metrics, limits, group=group)

    async def apply(self, record: Record, states: States, store: Store) -> None:
        """Return when all that this record brings about is acknowledged.

        A replay of it is harmless: its alerts have the same ids, and a state knows its last offset.
        Raises DeadLetterFloodError when too much is refused.
        """
        self._accounting.note_read(record.partition.topic, 1)
        handled, changed = self._decided(record, states)
        written = await self._publishing.publish([handled], self._send)
        for state in changed:
            await self._retries.until_done(Step.STORE, record.partition.topic, partial(store, state))
        self._accounting.note_done(written)

    def _decided(self, record: Record, states: States) -> tuple[Handled, Sequence[CompanyState]]:
        try:
            decision = self._service.decide(record, states)
        except RejectedError as error:
            letter = dead_letter(record, error, group=self._group)
            return Handled(record, [letter], error), [bookmark(record.partition.number, record.offset)]
        return Handled(record, decision.outgoing), decision.states

    async def _send(self, records: Sequence[Outgoing], *, next_offset: int) -> None:
        del next_offset
        if records:
            await self._producer.publish(records)
