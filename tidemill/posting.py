"""Messages posted to the gateway that wait for their results, and the same results as Kafka has them."""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from shared.bus.kafka.reader import KafkaReader
from shared.bus.record import Record
from shared.catalogue import CAUSE_FIELDS
from shared.events import CustomerMessageAnalyzed, CustomerMessageReceived, SupportMessageRouted
from shared.settings import KafkaSettings

_WAIT_S = 15
_MARGIN_S = 5
_CALLS_AT_A_TIME = 4
_TOPICS = (CustomerMessageAnalyzed.name, SupportMessageRouted.name)

Result = Mapping[str, Any]
"""A result event as a JSON object."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that was posted, and its answer."""

    event_id: str
    """Empty where it was not accepted."""

    results: Mapping[str, Result]
    """Results that came in the same call, by wire name."""

    @property
    def is_answered(self) -> bool:
        """Return whether the decision of the support bot came in the call."""
        return SupportMessageRouted.name in self.results


async def post_messages(gateway: str, messages: Sequence[CustomerMessageReceived]) -> list[Posted]:
    """Post messages, each call waiting for its results, and return them with their answers."""
    timeout = aiohttp.ClientTimeout(total=_WAIT_S + _MARGIN_S)
    calls = asyncio.Semaphore(_CALLS_AT_A_TIME)
    async with aiohttp.ClientSession(timeout=timeout, headers={"Prefer": f"wait={_WAIT_S}"}) as session:

        async def post(message: CustomerMessageReceived) -> Posted:
            body = {"conversation_id": f"http {message.conversation_id}", "text": message.text}
            async with calls:
                return await _posted(session, f"{gateway}/v1/messages", body)

        return await asyncio.gather(*map(post, messages))


async def _posted(session: aiohttp.ClientSession, url: str, body: Mapping[str, str]) -> Posted:
    try:
        async with session.post(url, json=body) as answer:
            told = await answer.json()
    except (aiohttp.ClientError, OSError, TimeoutError):
        return Posted("", {})
    results = {result["type"]: result["data"] for result in told.get("results", ())}
    return Posted(told.get("event_id", ""), results)


async def results_on_kafka(kafka: KafkaSettings) -> list[Record]:
    """Return all results for messages that Kafka holds."""
    reader = KafkaReader(kafka, _TOPICS)
    await reader.start()
    found: list[Record] = []
    try:
        while await reader.remaining_records():
            found += await reader.fetch(timeout_ms=200)
    finally:
        await reader.stop()
    return found


def differing_count(posted: Iterable[Posted], records: Iterable[Record]) -> int:
    """Return how many messages were answered by something else than the results on the topics."""
    fields = {event.name: field for event, field in CAUSE_FIELDS.items()}
    on_kafka: dict[str, dict[str, Result]] = {}
    for record in records:
        topic, result = record.partition.topic, json.loads(record.value or b"{}")
        on_kafka.setdefault(result[fields[topic]], {})[topic] = result
    return sum(each.results != on_kafka.get(each.event_id) for each in posted if each.is_answered)
