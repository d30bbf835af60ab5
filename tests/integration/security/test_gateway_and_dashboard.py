"""With the rights that the operator's page grants, the gateway accepts, and the dashboard can only read."""

import asyncio
from uuid import uuid4

import aiohttp
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.bus.kafka.client import connection
from shared.catalogue import DASHBOARD, GATEWAY
from shared.events import BY_NAME, CustomerMessageReceived
from tests.integration.services.service_process import Results, running
from tests.support.secured_kafka import SecuredKafka

ENDS_WITHIN_S = 20.0


async def test_the_gateway_accepts_a_message_with_the_documented_rights(locked: SecuredKafka) -> None:
    run = uuid4().hex
    environment = locked.environment(GATEWAY.group)
    message = {"conversation_id": run, "customer_id": "c-17", "text": "Where is my card?"}

    async with running("gateway", environment.pop("TIDEMILL__KAFKA__BOOTSTRAP"), **environment) as gateway:
        url = await gateway.web()
        async with aiohttp.ClientSession() as client, client.post(f"{url}/v1/messages", json=message) as sent:
            status, answer = sent.status, await sent.json()
        exit_code = await gateway.stop()
    found = await Results(locked.broker.bootstrap, [CustomerMessageReceived.name]).matching(run, count=1)

    assert (status, exit_code) == (202, 0)
    assert [str(CustomerMessageReceived.from_json(each.value or b"").event_id) for each in found] == [
        answer["event_id"]
    ]


async def test_the_dashboard_runs_with_the_documented_rights(locked: SecuredKafka) -> None:
    environment = locked.environment(DASHBOARD.group)

    async with running(
        "dashboard", environment.pop("TIDEMILL__KAFKA__BOOTSTRAP"), **environment
    ) as dashboard:
        await dashboard.ready()
        exit_code = await dashboard.stop()

    assert exit_code == 0
    assert "AuthorizationFailed" not in dashboard.log


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
