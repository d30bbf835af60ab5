"""With the rights that the operator's page grants, streams deliver in both ways, and services run."""

import asyncio
from uuid import uuid4

import pytest

from deploy.local.samples.news import generate_news
from shared.bus.kafka.inspector import KafkaInspector
from shared.bus.kafka.reader import KafkaReader
from shared.bus.kafka.skip import skip_lost
from shared.bus.record import Outgoing
from shared.catalogue import GATEWAY, INFERENCE, SENTIMENT_ALERTS, SERVICES, STREAMS, SUPPORT_BOT, Service
from shared.events import NewsArticleAnalyzed, SentimentAlertRaised, SupportMessageRouted
from shared.settings import Delivery, KafkaSettings
from tests.integration.services.analyzed import analyzed_message, analyzed_news
from tests.integration.services.service_process import Results, publish, running
from tests.support.answering import answering
from tests.support.echo import REFUSED, echoing
from tests.support.gateways import answered, gateway
from tests.support.said import record_of, said, said_on
from tests.support.secured_kafka import SecuredKafka

[READS] = STREAMS["messages"].input_topics
ENDS_WITHIN_S = 20.0


@pytest.mark.parametrize(
    ("service", "delivery"),
    [(STREAMS["messages"], "at-least-once"), *((service, "exactly-once") for service in INFERENCE)],
    ids=lambda value: value.name if isinstance(value, Service) else value,
)
async def test_a_stream_delivers_with_the_documented_rights(
    locked: SecuredKafka, service: Service, delivery: Delivery
) -> None:
    [reads], [writes], user = service.input_topics, service.output_topics, service.group
    run = uuid4().hex
    texts = [REFUSED if number == 3 else "hi" for number in range(20)]
    inputs = [
        record_of(said(text, speaker=f"{run}-{number}", on=said_on(reads)))
        for number, text in enumerate(texts)
    ]
    stop = asyncio.Event()
    running = asyncio.create_task(
        echoing(locked.settings(user, delivery=delivery), user, reads=reads, writes=writes).run(stop)
    )

    await publish(locked.broker.bootstrap, inputs)
    results = await Results(locked.broker.bootstrap, [writes]).matching(run, count=19)
    dead = await Results(locked.broker.bootstrap, [f"{reads}.dead"]).matching(run, count=1)
    stop.set()
    await running

    assert len(results) == 19
    assert [record.key for record in dead] == [f"{run}-3".encode()]
    positions = await KafkaInspector(locked.settings(user)).positions(user, [reads])
    assert sum(at.lag_records for at in positions.values()) == 0


async def test_the_operator_sees_how_far_each_group_is_and_reads_dead_letters(locked: SecuredKafka) -> None:
    operator = locked.settings("tidemill-operator")
    for service in (each for each in SERVICES if each.inputs):
        assert len(await KafkaInspector(operator).positions(service.group, service.input_topics)) == 2
        assert await skip_lost(operator, service.group, service.input_topics) == {}
    await publish(locked.broker.bootstrap, [Outgoing(f"{READS}.dead", b"key", b"value")])

    reader = KafkaReader(operator, [f"{READS}.dead"])
    await reader.start()
    try:
        async with asyncio.timeout(ENDS_WITHIN_S):
            while not (found := await reader.fetch(timeout_ms=500)):
                pass
    finally:
        await reader.stop()

    assert found


@pytest.mark.parametrize("delivery", ["at-least-once", "exactly-once"])
async def test_the_support_bot_runs_with_the_documented_rights(
    locked: SecuredKafka, delivery: Delivery
) -> None:
    run = uuid4().hex
    inside = locked.broker.bootstrap
    messages = [analyzed_message(f"{run}-{number}") for number in range(5)]
    environment = locked.environment(SUPPORT_BOT.group, DELIVERY=delivery)

    async with running("support_bot", environment.pop("TIDEMILL__KAFKA__BOOTSTRAP"), **environment) as bot:
        await bot.ready()
        await publish(inside, [Outgoing(each.name, each.key, each.to_json()) for each in messages])
        routed = await Results(inside, [SupportMessageRouted.name]).matching(run, count=5)
        exit_code = await bot.stop()

    assert len(routed) == 5
    assert exit_code == 0


async def test_the_gateway_finds_results_with_the_documented_rights(locked: SecuredKafka) -> None:
    kafka = locked.settings(GATEWAY.group)
    async with gateway(kafka) as door:
        link = (await door.client.post("/messages", content="hello")).headers["Location"]
        pending = await door.client.get(link)
    async with answering(KafkaSettings(bootstrap=locked.broker.bootstrap)), gateway(kafka) as door:
        done = await answered(door.client, link)
    async with gateway(kafka) as door:
        found = await answered(door.client, link)

    assert pending.status_code == 202
    assert found == done


async def test_sentiment_alerts_run_with_the_documented_rights(locked: SecuredKafka) -> None:
    run = uuid4().hex
    inside, name = locked.broker.bootstrap, NewsArticleAnalyzed.name
    news = [analyzed_news(item, run=run, number=number) for number, item in enumerate(generate_news())]
    environment = locked.environment(SENTIMENT_ALERTS.group)
    bootstrap = environment.pop("TIDEMILL__KAFKA__BOOTSTRAP")

    async with running("sentiment_alerts", bootstrap, **environment) as alerts:
        await alerts.ready()
        await publish(inside, [Outgoing(name, f"{run}-bad".encode(), b"{")])
        await publish(inside, [Outgoing(each.name, each.key, each.to_json()) for each in news])
        raised = await Results(inside, [SentimentAlertRaised.name]).matching(run, count=1)
        dead = await Results(inside, [f"{name}.dead"]).matching(run, count=1)
        table = await Results(inside, [SENTIMENT_ALERTS.changelog or ""]).matching(run, count=1)
        exit_code = await alerts.stop()

    assert (len(raised), len(dead)) == (1, 1)
    assert table
    assert exit_code == 0
