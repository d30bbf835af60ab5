"""Real data and hostile records through everything: each input has exactly one answer."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from uuid import UUID

import pytest

from deploy.local.samples.hostile import HostileRecord, hostile
from shared.bus.record import Outgoing
from shared.catalogue import STREAMS
from shared.events import (
    BY_NAME,
    Event,
    SupportMessageRouted,
)
from tests.support import real_rows
from tests.support.pipeline import Books, pipeline

pytestmark = pytest.mark.timeout(300)

WITH_REAL_ROWS = (STREAMS["messages"], STREAMS["news"], STREAMS["images"])
ANSWERS = {service.input_topics[0]: service.output_topics[0] for service in WITH_REAL_ROWS}


@dataclass(frozen=True, slots=True)
class Flow:
    """Inputs and outputs of one run."""

    events: Sequence[Event]
    hostile: Sequence[HostileRecord]
    books: Books

    def sent_ids(self, topic: str) -> list[UUID]:
        """Return the ids of all that was sent to a topic and can be answered, in order."""
        tame = [event.event_id for event in self.events if event.name == topic]
        odd = [_id(record) for record in self.hostile if record.topic == topic and record.reason is None]
        return tame + odd


@pytest.fixture(scope="module")
def flow(data_dir: Path) -> Flow:
    """Send everything through a whole Tidemill once."""
    streams = [real_rows.messages(data_dir), real_rows.news(data_dir), real_rows.images(data_dir)]
    events = [event for turn in zip_longest(*streams) for event in turn if event is not None]
    return asyncio.run(_run(events, hostile()))


async def _run(events: Sequence[Event], records: Sequence[HostileRecord]) -> Flow:
    flow = Flow(events, records, Books())
    refused_count = sum(record.reason is not None for record in records)
    answer_count = len(events) + len(records) - refused_count
    routed_count = len(flow.sent_ids("customer.message_received.v1"))

    def complete(books: Books) -> bool:
        answered = sum(len(books.results[topic]) for topic in ANSWERS.values())
        routed = len(books.results[SupportMessageRouted.name])
        return len(books.dead) >= refused_count and answered >= answer_count and routed >= routed_count

    async with pipeline() as running:
        await running.send(list(_mixed(events, records)))
        return Flow(events, records, await running.read(complete))


def _mixed(events: Sequence[Event], records: Sequence[HostileRecord]) -> Iterator[Outgoing]:
    """Yield the events with the hostile records spread among them."""
    waiting = list(records)
    for number, event in enumerate(events):
        yield Outgoing(event.name, event.key, event.to_json())
        if number % 10 == 0 and waiting:
            yield _as_sent(waiting.pop())
    yield from map(_as_sent, waiting)


def _as_sent(record: HostileRecord) -> Outgoing:
    return Outgoing(record.topic, record.key, record.value, record.headers)


def _id(record: HostileRecord) -> UUID:
    return BY_NAME[record.topic].from_json(record.value or b"").event_id


@pytest.mark.parametrize("topic", ANSWERS)
def test_every_real_row_has_exactly_one_result(flow: Flow, topic: str) -> None:
    sent, answered = flow.sent_ids(topic), flow.books.causes(ANSWERS[topic])

    assert len(sent) >= 500
    assert set(answered) == set(sent)
    assert len(answered) == len(sent)


def test_every_message_is_routed_exactly_once(flow: Flow) -> None:
    sent = flow.sent_ids("customer.message_received.v1")

    routed = flow.books.causes(SupportMessageRouted.name, "message_id")

    assert set(routed) == set(sent)
    assert len(routed) == len(sent)


def test_every_hostile_record_is_one_dead_letter_with_its_bytes_and_its_reason(flow: Flow) -> None:
    expected = Counter(
        (_as_sent(record), record.reason) for record in flow.hostile if record.reason is not None
    )

    found = Counter((letter.as_sent(), letter.reason) for letter in flow.books.dead)

    assert found == expected


@pytest.mark.parametrize("topic", ["customer.message_received.v1", "image.received.v1"])
def test_the_results_of_a_key_keep_the_order_of_its_inputs(flow: Flow, topic: str) -> None:
    sent: dict[bytes, list[UUID]] = defaultdict(list)
    answered: dict[bytes | None, list[UUID]] = defaultdict(list)
    for event in flow.events:
        if event.name == topic:
            sent[event.key].append(event.event_id)
    for record, cause in zip(
        flow.books.results[ANSWERS[topic]], flow.books.causes(ANSWERS[topic]), strict=True
    ):
        answered[record.key].append(cause)

    assert sent
    assert {key: answered[key] for key in sent} == sent


def test_every_result_says_why_it_is_so(flow: Flow) -> None:
    for topic in ANSWERS.values():
        for record in flow.books.results[topic]:
            decision = BY_NAME[topic].from_json(record.value or b"").decision  # type: ignore[attr-defined]

            assert len(decision.preprocessing_hash) == 64
            assert decision.model_version == "1"
            assert (decision.infer_ms > 0) is not decision.cached
            assert not decision.degraded
