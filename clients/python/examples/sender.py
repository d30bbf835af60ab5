"""Sends one message of a customer: `python sender.py "Where is my card?"`.

TIDEMILL__KAFKA__BOOTSTRAP names the broker.
"""

import asyncio
import os
import sys
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from aiokafka import AIOKafkaProducer
from tidemill_events import CustomerMessageReceived, encode, new_trace


async def main(text: str) -> None:
    """Return once Kafka has the message."""
    message = CustomerMessageReceived(
        # Made from what the message is: sent twice, it counts once.
        event_id=uuid5(NAMESPACE_URL, "my-shop/conversations/c-17/messages/1"),
        occurred_at=datetime.now(UTC),
        conversation_id="c-17",
        text=text,
    )
    record = encode(message, source="my-shop", trace=new_trace())
    async with AIOKafkaProducer(
        bootstrap_servers=os.environ["TIDEMILL__KAFKA__BOOTSTRAP"], acks="all", enable_idempotence=True
    ) as producer:
        await producer.send_and_wait(record.topic, record.value, key=record.key, headers=list(record.headers))
    print(message.event_id)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
