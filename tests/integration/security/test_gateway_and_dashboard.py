"""With the rights that the operator's page grants, the gateway accepts, and the dashboard can only read."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import uuid4

import aiohttp
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.bus.kafka.client import connection
from shared.catalogue import DASHBOARD, GATEWAY, Service
from shared.events import BY_NAME, CustomerMessageReceived
from tests.integration.services.service_process import Results, ServiceProcess, running
from tests.support.secured_kafka import SecuredKafka

ENDS_WITHIN_S = 20.0


async def test_gateway_and_dashboard_run_with_the_documented_rights(locked: SecuredKafka) -> None:
    run = uuid4().hex

    async with running_as(locked, GATEWAY) as gateway:
        url = await gateway.web()
        async with running_as(locked, DASHBOARD, TIDEMILL__GATEWAY_URL=url) as dashboard:
            status, answer = await posted(url, conversation=run)
            await dashboard.ready()
            positions = await first_frame(
                f"{await dashboard.web()}/streams/health", CustomerMessageReceived.name
            )
            exit_codes = (await dashboard.stop(), await gateway.stop())
    found = await Results(locked.broker.bootstrap, [CustomerMessageReceived.name]).matching(run, count=1)

    assert (status, exit_codes) == (202, (0, 0))
    ids = [str(CustomerMessageReceived.from_json(each.value or b"").event_id) for each in found]
    assert ids == [answer["event_id"]]
    assert "AuthorizationFailed" not in positions
    assert "AuthorizationFailed" not in gateway.log + dashboard.log


def running_as(
    locked: SecuredKafka, service: Service, **more: str
) -> AbstractAsyncContextManager[ServiceProcess]:
    """Return a service that runs as its documented user."""
    environment = {**locked.environment(service.group), **more}
    return running(service.name, environment.pop("TIDEMILL__KAFKA__BOOTSTRAP"), **environment)


async def posted(gateway: str, *, conversation: str) -> tuple[int, dict[str, Any]]:
    """Return status and body of the answer to a message."""
    message = {"conversation_id": conversation, "text": "Where is my card?"}
    async with aiohttp.ClientSession() as client, client.post(f"{gateway}/v1/messages", json=message) as sent:
        return sent.status, await sent.json()


async def first_frame(url: str, words: str) -> str:
    """Return what a page's stream sends until these words are in it."""
    told = b""
    async with (
        asyncio.timeout(ENDS_WITHIN_S),
        aiohttp.ClientSession() as viewer,
        viewer.get(url) as stream,
    ):
        while words.encode() not in told:
            told += await stream.content.readany()
    return told.decode()


async def test_kafka_lets_the_user_of_the_dashboard_write_nothing(locked: SecuredKafka) -> None:
    async with asyncio.timeout(ENDS_WITHIN_S):
        refused = [await refusal(locked, DASHBOARD.group, topic) for topic in DASHBOARD.watched_topics]

    assert len(refused) > len(BY_NAME)
    assert all("AuthorizationFailed" in each for each in refused)


async def refusal(locked: SecuredKafka, user: str, topic: str) -> str:
    """Return why Kafka refused a record of this user, whose producer asks for no more than it must."""
    plain = AIOKafkaProducer(**connection(locked.settings(user)), acks="all")
    await plain.start()
    try:
        await plain.send_and_wait(topic, b"{}", b"key")
    except KafkaError as error:
        return str(error)
    finally:
        await plain.stop()
    raise AssertionError(f"{user} has written to {topic}")
