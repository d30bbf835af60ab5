"""Orderly and forced end of aiokafka's clients, also while their broker is away.

Their own `stop()` waits for the broker before it ends the tasks inside and closes the connections. Cancelled
meanwhile it leaves both behind, and a second `stop()` does nothing. So this file reaches for what
aiokafka 0.14 keeps private, as `records.py` does for its parser.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka import errors as kafka_errors

_GIVE_UP_AFTER_S = 1.0
_TASK_ENDS_WITHIN_S = 0.25
_ATTEMPTS = 3
"""A cancelled sender first waits for its requests; it ends when it is cancelled again."""


async def stop_consumer(client: AIOKafkaConsumer) -> None:
    """Return when the client has left its group, if it has one, and closed.

    Cancelled, say by a time-out, it drops all that the client still does and holds.
    """
    try:
        await client.stop()
    except asyncio.CancelledError:
        await _abandon(client._client, _consumer_tasks(client))
        # Not always our own end: aiokafka passes on that it cancelled a fetch.
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise


def end_fetch(client: AIOKafkaConsumer) -> None:
    """Make a fetch raise KafkaError that waits for the end of a rebalance, where that has none."""
    client._subscription.abort_waiters(kafka_errors.KafkaError("the rebalance was given up"))


async def give_up_consumer(client: AIOKafkaConsumer) -> None:
    """Stop a client whose start failed: orderly within a second, else by force."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_GIVE_UP_AFTER_S):
            await stop_consumer(client)


async def stop_producer(client: AIOKafkaProducer) -> None:
    """Return when all that was sent is acknowledged and the client is closed.

    Cancelled, say by a time-out, it drops all that the client still does and holds.
    """
    try:
        await client.flush()  # inside of stop() a task does that, which nobody could end
        await client.stop()
    except asyncio.CancelledError:
        client._closed = True
        await _abandon(client.client, [client._sender.sender_task])
        raise


def _consumer_tasks(client: AIOKafkaConsumer) -> list[Any]:
    coordinator, fetcher = client._coordinator, client._fetcher
    # One without a group has the last of these alone.
    names = ("_coordination_task", "_heartbeat_task", "_commit_refresh_task", "_reset_committed_task")
    tasks = [getattr(coordinator, name, None) for name in names]
    return tasks if fetcher is None else [*tasks, fetcher._fetch_task, *fetcher._pending_tasks]


async def _abandon(connections: Any, tasks: Iterable[asyncio.Task[Any] | None]) -> None:
    left = {task for task in tasks if task is not None}
    for _ in range(_ATTEMPTS):
        for task in left:
            task.cancel()
        await _cut(connections)
        if not left:
            return
        # And once more round: a task may have opened a connection at its last moment.
        _, left = await asyncio.wait(left, timeout=_TASK_ENDS_WITHIN_S)


async def _cut(connections: Any) -> None:
    for each in connections._conns.values():
        if each._writer is not None:
            # A mere close would wait until the other side has taken what was written.
            each._writer.transport.abort()
    await connections.close()
