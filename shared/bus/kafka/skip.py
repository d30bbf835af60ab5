"""Lets a group go on behind records that were deleted before it read them: a person's decision."""

from collections.abc import Iterable, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.bus.kafka.client import connecting, connection
from shared.bus.kafka.reader import KafkaInspector
from shared.bus.kafka.stop import stop_consumer
from shared.bus.record import Partition
from shared.settings import KafkaSettings


async def skip_lost(settings: KafkaSettings, group: str, topics: Iterable[str]) -> Mapping[Partition, int]:
    """Commit for `group` the first offset that is left wherever it stands before that, or nowhere.

    Return how many offsets each such partition passes over. The group must have no member at that moment,
    else RetryableError; so, too, when the broker can't be reached.
    """
    positions = await KafkaInspector(settings).positions(group, topics)
    # Kafka forgets what a group has committed that was away for long; the alert service's table does not.
    committed = {partition: at.committed or 0 for partition, at in positions.items()}
    client = AIOKafkaConsumer(**connection(settings), group_id=group, enable_auto_commit=False)
    async with connecting(settings, f"moving {group}, whose members must be stopped,"):
        try:
            await client.start()
            places = [TopicPartition(*partition) for partition in committed]
            begins = await client.beginning_offsets(places) if places else {}
            lost = {place: begin for place, begin in begins.items() if committed[Partition(*place)] < begin}
            if lost:
                client.assign(list(lost))
                await client.commit(lost)
        finally:
            await stop_consumer(client)
    return {Partition(*place): begin - committed[Partition(*place)] for place, begin in lost.items()}
