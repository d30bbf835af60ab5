"""Once: requests that come again with their key, and gateways that died."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import httpx
import pytest
from prometheus_client import CollectorRegistry

from services.gateway.accepting.acceptor import Acceptor
from services.gateway.accepting.claim_store import ClaimStore
from services.gateway.accepting.lease import Lease
from services.gateway.accepting.metrics import AcceptMetrics
from services.gateway.accepting.once import Once
from services.gateway.accepting.settings import AcceptSettings
from services.gateway.accepting.submission import Submission
from shared.bus.memory import MemoryBus
from shared.bus.record import Place
from shared.cache.store import MemoryStore, StoreAwayError
from shared.errors import RetryableError
from shared.events import CustomerMessageReceived
from shared.events.headers import ID_HEADER
from tests.support.receiving import receiving, records, writer

TOPIC = CustomerMessageReceived.name
SOON_S = 0.05
MESSAGE = {"conversation_id": "c-17", "text": "Where is my card?"}


class SwitchedStore(MemoryStore):
    """Store that can be switched off."""

    def __init__(self) -> None:
        super().__init__()
        self.is_away = False

    async def get(self, key: bytes) -> bytes | None:
        """Return the value, unless it is off."""
        if self.is_away:
            raise StoreAwayError("switched off")
        return await super().get(key)


class Gateway:
    """A gateway's acceptance on a bus and a store that others share; it can be made to die or to fail."""

    def __init__(self, bus: MemoryBus, store: SwitchedStore, *, deadline_s: float = 10.0) -> None:
        self.lease = Lease(store)
        self.searches = 0
        self.dies_after_write = False
        self.write_error: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self._bus = bus
        self._writer = writer(bus.producer())
        once = Once(
            self._write,
            ClaimStore(store, remember_s=60),
            self.lease,
            self._search,
            metrics=AcceptMetrics(CollectorRegistry()),
        )
        self.accept = Acceptor(once.accept, AcceptSettings(deadline_s=deadline_s)).accept

    async def _write(self, submission: Submission) -> Sequence[Place]:
        await self.gate.wait()
        if self.write_error is not None:
            raise self.write_error
        places = await self._writer.write(submission)
        if self.dies_after_write:
            await asyncio.Event().wait()
        return places

    async def _search(
        self, topic: str, ids: Collection[UUID], first_ms: int, last_ms: int
    ) -> Mapping[UUID, Place]:
        assert first_ms <= last_ms
        self.searches += 1
        found = {
            UUID((dict(each.headers)[ID_HEADER] or b"").decode()): each for each in records(self._bus, topic)
        }
        return {each: Place(found[each].partition, found[each].offset) for each in ids if each in found}

    async def post(
        self, key: str | None = "key", path: str = "/v1/messages", body: Any = MESSAGE
    ) -> httpx.Response:
        """Return the answer to a request."""
        async with receiving(self.accept) as client:
            headers = {} if key is None else {"Idempotency-Key": key}
            return await client.post(path, json=body, headers=headers)


@pytest.fixture
def bus() -> MemoryBus:
    return MemoryBus()


@pytest.fixture
def store() -> SwitchedStore:
    return SwitchedStore()


@pytest.fixture
async def gateway(bus: MemoryBus, store: SwitchedStore) -> Gateway:
    return await living(bus, store)


async def living(bus: MemoryBus, store: SwitchedStore) -> Gateway:
    gateway = Gateway(bus, store)
    await gateway.lease.renew()
    return gateway


async def test_the_same_request_again_gets_the_same_answer_and_writes_nothing(
    bus: MemoryBus, gateway: Gateway
) -> None:
    first, second = await gateway.post(), await gateway.post()

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert len(records(bus, TOPIC)) == 1


async def test_a_body_that_is_written_otherwise_is_the_same(bus: MemoryBus, gateway: Gateway) -> None:
    await gateway.post()
    answer = await gateway.post(body={"text": MESSAGE["text"], "channel": "chat", "conversation_id": "c-17"})

    assert answer.status_code == 202
    assert len(records(bus, TOPIC)) == 1


async def test_another_gateway_knows_the_key_too(
    bus: MemoryBus, store: SwitchedStore, gateway: Gateway
) -> None:
    first = await gateway.post()

    second = await (await living(bus, store)).post()

    assert first.json() == second.json()
    assert len(records(bus, TOPIC)) == 1


async def test_a_key_with_another_body_is_refused(bus: MemoryBus, gateway: Gateway) -> None:
    await gateway.post()

    answer = await gateway.post(body={**MESSAGE, "text": "Another"})

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/key-reused")
    assert len(records(bus, TOPIC)) == 1


async def test_requests_without_a_key_are_events_of_their_own(bus: MemoryBus, gateway: Gateway) -> None:
    await gateway.post(None)
    await gateway.post(None)

    assert len(records(bus, TOPIC)) == 2


async def test_a_batch_has_one_key_for_all_of_its_events(bus: MemoryBus, gateway: Gateway) -> None:
    answers = [await gateway.post("key", "/v1/messages/batch", [MESSAGE, MESSAGE]) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert len({each["event_id"] for each in answers[0].json()}) == 2
    assert len(records(bus, TOPIC)) == 2


async def test_while_the_first_request_goes_on_the_same_is_asked_to_come_later(
    bus: MemoryBus, store: SwitchedStore
) -> None:
    gateway = Gateway(bus, store, deadline_s=SOON_S)
    await gateway.lease.renew()
    gateway.gate.clear()
    first = await gateway.post()

    same, other = await gateway.post(), await (await living(bus, store)).post()
    gateway.gate.set()
    async with asyncio.timeout(5):
        while (last := await gateway.post()).status_code not in {200, 202}:
            pass

    assert first.status_code == 503
    assert [each.status_code for each in (same, other)] == [409, 409]
    assert same.json()["type"] == "/problems/key-in-use"
    assert int(same.headers["retry-after"]) > 0
    assert last.status_code == 202
    assert len(records(bus, TOPIC)) == 1


async def test_of_many_at_once_one_is_written(bus: MemoryBus, gateway: Gateway) -> None:
    answers = await asyncio.gather(*(gateway.post() for _ in range(20)))

    assert {each.status_code for each in answers} <= {202, 409}
    assert len(records(bus, TOPIC)) == 1


async def test_what_a_dead_gateway_had_written_is_found_and_not_written_again(
    bus: MemoryBus, store: SwitchedStore
) -> None:
    dead = Gateway(bus, store, deadline_s=SOON_S)  # its lease was never renewed
    dead.dies_after_write = True
    assert (await dead.post()).status_code == 503

    heir = await living(bus, store)
    answers = [await heir.post() for _ in range(2)]

    [record] = records(bus, TOPIC)
    assert [each.status_code for each in answers] == [202, 202]
    assert answers[0].json()["event_id"].encode() == dict(record.headers)[ID_HEADER]
    assert heir.searches == 1


async def test_what_a_dead_gateway_had_not_written_is_written(bus: MemoryBus, store: SwitchedStore) -> None:
    dead = Gateway(bus, store, deadline_s=SOON_S)
    dead.gate.clear()
    assert (await dead.post()).status_code == 503

    answer = await (await living(bus, store)).post()

    assert answer.status_code == 202
    assert len(records(bus, TOPIC)) == 1


async def test_a_request_that_failed_is_looked_for_before_it_is_written(
    bus: MemoryBus, gateway: Gateway
) -> None:
    gateway.write_error = RetryableError("no answer: written or not")
    assert (await gateway.post()).status_code == 503
    gateway.write_error = None

    answer = await gateway.post()

    assert (answer.status_code, gateway.searches) == (202, 1)
    assert len(records(bus, TOPIC)) == 1


async def test_without_the_store_repeats_have_the_same_event_id(
    bus: MemoryBus, store: SwitchedStore, gateway: Gateway
) -> None:
    store.is_away = True

    answers = [await gateway.post() for _ in range(2)]

    assert [each.status_code for each in answers] == [202, 202]
    assert answers[0].json()["event_id"] == answers[1].json()["event_id"]
    assert len(records(bus, TOPIC)) == 2
