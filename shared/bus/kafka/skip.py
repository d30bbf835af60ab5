"""Reset of committed positions that don't fit their logs any more, on an operator's command."""

from collections.abc import Iterable, Mapping

from aiokafka import AIOKafkaConsumer

from shared.bus.kafka.client import connecting, connection, to_commit
from shared.bus.kafka.inspector import KafkaInspector
from shared.bus.kafka.logs import logs_at
from shared.bus.kafka.stop import stop_consumer
from shared.bus.positions import Position, Verdict, verdict
from shared.bus.record import Partition
from shared.settings import KafkaSettings


async def skip_lost(settings: KafkaSettings, group: str, topics: Iterable[str]) -> Mapping[Partition, int]:
    """Commit for `group` the oldest offset that is left, wherever its position doesn't fit the log.

    Return by how many offsets each such partition moved: more than 0 where records were deleted unread,
    less than 0 where the log was truncated or made again, whose records are all read again. The group must
    have no member at that moment, else RetryableError; so, too, when the broker can't be reached.
    """
    inspector = KafkaInspector(settings)
    # Kafka forgets what a group has committed that was away for long; the alert service's table does not.
    positions = dict.fromkeys(await inspector.partitions(topics), Position(0))
    positions |= await inspector.committed(group, positions)
    logs = await logs_at(settings, positions)
    moved = {
        partition: Position(log.begin)
        for partition, log in logs.items()
        if verdict(positions[partition], log) is not Verdict.INSIDE
    }
    client = AIOKafkaConsumer(**connection(settings), group_id=group, enable_auto_commit=False)
    async with connecting(settings, f"moving {group}, whose members must be stopped,"):
        try:
            await client.start()
            if moved:
                client.assign([*to_commit(moved)])
                await client.commit(to_commit(moved))
        finally:
            await stop_consumer(client)
    return {
        partition: position.next_offset - positions[partition].next_offset
        for partition, position in moved.items()
    }
