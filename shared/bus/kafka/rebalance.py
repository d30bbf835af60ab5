"""Listener of a consumer's rebalances."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from shared.bus.kafka.client import translated
from shared.bus.kafka.identity import Identity, IdentityClashError
from shared.bus.kafka.stop import end_fetch
from shared.bus.port import OnAssign, OnRevoke
from shared.bus.record import Partition

GoTo = Callable[[Iterable[TopicPartition]], Awaitable[None]]


class Rebalance(ConsumerRebalanceListener):  # type: ignore[misc]
    """Passes a rebalance on, and holds all records back until it is over."""

    def __init__(
        self,
        client: AIOKafkaConsumer,
        on_revoke: OnRevoke,
        on_assign: OnAssign,
        *,
        go_to_committed: GoTo,
        identity: Identity | None,
    ) -> None:
        self._client = client
        self._on_revoke = on_revoke
        self._on_assign = on_assign
        self._go_to_committed = go_to_committed
        self._identity = identity
        self._over = False
        self._failure: Exception | None = None

    def is_over(self) -> bool:
        """Return whether records may be handed out. Re-raises the error that interrupted the takeover."""
        if self._failure is not None:
            raise self._failure
        return self._over

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Let the stream finish and commit before the partitions are gone.

        Never returns where another process has this one's static name: aiokafka would join again and so
        throw the other one out. Stopping the client ends the wait.
        """
        self._over = False
        try:
            if self._identity is not None:
                await self._identity.refuse_clash()
        except IdentityClashError as clash:
            self._failure = clash
            end_fetch(self._client)
            await asyncio.Event().wait()
        if partitions := frozenset(Partition(*partition) for partition in revoked):
            await self._on_revoke(partitions)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Take the partitions over, then read on from what is committed."""
        try:
            with translated("taking partitions over"):
                await self._on_assign(frozenset(Partition(*partition) for partition in assigned))
                await self._go_to_committed(assigned)
        except Exception as error:  # noqa: BLE001 - aiokafka would only log it, whatever it is
            self._failure = error
        if self._identity is not None:
            self._identity.note_joined()
        self._over = True
