"""Acceptance by a gateway process: what was accepted is on its topic, once a key, whatever dies meanwhile."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
from prometheus_client import CollectorRegistry

from deploy.local.stack import Addresses
from services.gateway.accepting.claim_store import ClaimStore
from services.gateway.accepting.lease import Lease
from services.gateway.accepting.metrics import AcceptMetrics
from services.gateway.accepting.once import Once
from services.gateway.accepting.search import KafkaSearch
from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.history import KafkaHistory
from shared.bus.record import Record
from shared.cache.redis_store import RedisStore
from shared.cache.store import StoreAwayError
from shared.events import CustomerMessageReceived, SupportMessageRouted
from shared.events.headers import ID_HEADER, trace_of
from shared.settings import KafkaSettings
from tests.integration.services.service_process import Results, ServiceProcess, running
from tests.support.receiving import receiving, writer
from tests.support.redis_process import running_redis
from tests.support.stack import stack_process

TOPIC = CustomerMessageReceived.name
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03"


def a_message() -> dict[str, str]:
    return {"conversation_id": f"c-{uuid4()}", "text": "I want to close my account"}


@asynccontextmanager
async def client_of(gateway: ServiceProcess) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=await gateway.web(), timeout=30) as client:
        yield client


async def post(client: httpx.AsyncClient, body: Any, key: str | None = None) -> httpx.Response:
    headers = {"traceparent": PARENT, **({"Idempotency-Key": key} if key else {})}
    return await client.post("/v1/messages", json=body, headers=headers)


async def written(bootstrap: str, event_id: str) -> list[Record]:
    """Return the records of an event."""
    async with KafkaHistory(KafkaSettings(bootstrap=bootstrap)) as history:
        return [
            record
            async for chunk in history.read(await history.spans([TOPIC]))
            for record in chunk
            if dict(record.headers).get(ID_HEADER) == event_id.encode()
        ]


async def test_what_a_gateway_wrote_before_it_died_is_not_written_again(real_kafka: str) -> None:
    body, key = a_message(), f"key-{uuid4()}"
    async with running_redis() as redis:
        await die_after_writing(real_kafka, redis.url, body, key)
        async with (
            running("gateway", real_kafka, TIDEMILL__REDIS__URL=redis.url) as gateway,
            client_of(gateway) as client,
        ):
            await gateway.ready()

            answers = [await post(client, body, key) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert len(await written(real_kafka, answers[0].json()["event_id"])) == 1


class CutStore(RedisStore):
    """Redis that the gateway reaches once, for its claim, and never again."""

    async def replace(self, key: bytes, *, old: bytes, new: bytes, ttl_s: int) -> bool:
        """Fail."""
        del key, old, new, ttl_s
        raise StoreAwayError


async def die_after_writing(bootstrap: str, redis_url: str, body: Any, key: str) -> None:
    """Write the event of a request, as a gateway that dies before it can store where."""
    kafka, store = KafkaSettings(bootstrap=bootstrap), CutStore(redis_url)
    producer = KafkaBus(kafka).producer()
    await producer.start()
    once = Once(
        writer(producer).write,
        ClaimStore(store, remember_s=60),
        Lease(store),  # never renewed
        KafkaSearch(kafka),
        metrics=AcceptMetrics(CollectorRegistry()),
    )
    async with receiving(once.accept) as client:
        await post(client, body, key)
    await producer.stop()
    await store.aclose()


async def test_a_key_holds_while_redis_is_away_as_the_same_event(real_kafka: str) -> None:
    body = a_message()
    async with running_redis() as redis:
        redis.kill()
        async with (
            running("gateway", real_kafka, TIDEMILL__REDIS__URL=redis.url) as gateway,
            client_of(gateway) as client,
        ):
            answers = [await post(client, body, "key-1") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json()["event_id"] == answers[1].json()["event_id"]
    assert "keys_not_remembered" in gateway.log


async def test_without_kafka_it_starts_is_not_ready_and_asks_to_come_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        bootstrap = f"127.0.0.1:{nobody.getsockname()[1]}"
    async with running("gateway", bootstrap) as gateway, client_of(gateway) as client:
        ready, live = await gateway.get("/health/ready"), await gateway.get("/health/live")
        answer = await post(client, a_message())

        assert '"ok": false' in ready
        assert '"ok": true' in live
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
        assert int(answer.headers["retry-after"]) > 0
        assert await gateway.stop() == 0


async def test_while_kafka_stands_still_nothing_is_accepted_and_afterwards_all_goes_on() -> None:
    with stack_process("--kafka", "memory", "--no-triton", "--no-redis") as stack:
        bootstrap = stack.addresses().kafka_bootstrap
        async with (
            running("gateway", bootstrap, TIDEMILL__ACCEPT__DEADLINE_S="1") as gateway,
            client_of(gateway) as client,
        ):
            await gateway.ready()
            body = a_message()
            os.kill(stack.pid("kafka"), signal.SIGSTOP)
            frozen = await post(client, body, "key-1")
            again = await post(client, body, "key-1")
            os.kill(stack.pid("kafka"), signal.SIGCONT)

            async with asyncio.timeout(60):
                while (answer := await post(client, body, "key-1")).status_code != 202:  # noqa: ASYNC110 - it never tells
                    await asyncio.sleep(0.2)

            assert frozen.status_code == 503
            assert again.status_code == 409
            assert len(await written(bootstrap, answer.json()["event_id"])) == 1
            await gateway.ready()


@pytest.mark.timeout(300)
async def test_the_parent_of_the_request_is_the_parent_of_the_routed_message(
    memory_kafka: str, triton: Addresses
) -> None:
    models = {"TIDEMILL__TRITON__ADDRESS": triton.triton_grpc, "TIDEMILL__STREAM": "messages"}
    async with (
        running("gateway", memory_kafka) as gateway,
        running("inference", memory_kafka, **models),
        running("support_bot", memory_kafka),
        client_of(gateway) as client,
    ):
        await gateway.ready()
        body = a_message()
        answer = await client.post(
            "/v1/messages",
            json=body,
            headers={"traceparent": PARENT, "tracestate": "vendor=1", "prefer": "wait=25"},
        )
        [record] = await Results(memory_kafka, [SupportMessageRouted.name]).matching(
            body["conversation_id"], count=1
        )

    assert answer.status_code == 200
    trace = trace_of(record.headers)
    assert (trace.parent, trace.state) == (PARENT, "vendor=1")
    assert answer.headers["traceresponse"] == PARENT
