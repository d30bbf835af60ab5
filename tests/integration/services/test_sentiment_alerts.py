"""The alert service as a process: the samples' one surge, crashes, and bad input."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from uuid import uuid4

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_fixed

from deploy.local.samples.news import SURGE_COMPANY, generate_news
from shared.bus.kafka.inspector import KafkaInspector
from shared.bus.kafka.skip import skip_lost
from shared.bus.record import Outgoing, Record
from shared.catalogue import SENTIMENT_ALERTS
from shared.errors import RetryableError
from shared.events import (
    DEAD_SUFFIX,
    NewsArticleAnalyzed,
    SentimentAlertRaised,
    SentimentAlertResolved,
    SentimentAlertUpdated,
)
from shared.settings import KafkaSettings
from tests.integration.services.analyzed import analyzed_news, forwarding
from tests.integration.services.service_process import (
    Results,
    publish,
    publish_in_transactions,
    reason_of,
    running,
)
from tests.support.buses import delete_before

GROUP = SENTIMENT_ALERTS.group
ALERTS = (SentimentAlertRaised.name, SentimentAlertUpdated.name, SentimentAlertResolved.name)
ONE_SURGE = {(ALERTS[0], 5), (ALERTS[1], 8), (ALERTS[1], 12), (ALERTS[2], 0)}
"""Expected alerts of the samples' surge: event and number of negative stories."""

QUICK = {"TIDEMILL__KAFKA__SESSION_TIMEOUT_MS": "6000"}
"""A static member is missed only after this. For real Kafka alone: the in-memory one lets nobody join a group
where a member that is dead had another time-out."""


def sample_news(run: str) -> list[Outgoing]:
    """Return the sample news as a perfect model would judge it, on companies of this run's own."""
    articles = [analyzed_news(item, run=run, number=number) for number, item in enumerate(generate_news())]
    return [Outgoing(each.name, each.key, each.to_json()) for each in articles]


def cut_in_the_surge(news: Sequence[Outgoing], *, into: int) -> list[Sequence[Outgoing]]:
    """Return the news in so many portions, with the cuts between them in the midst of the surge."""
    first = next(place for place, each in enumerate(news) if b"listeria" in (each.value or b""))
    cuts = [first + 6 * number for number in range(1, into)]
    return [news[start:end] for start, end in pairwise([0, *cuts, len(news)])]


def told(records: Sequence[Record], run: str) -> set[tuple[str, int]]:
    """Return what was told about the surge; fail if anything was told about another company."""
    events = [(record, SentimentAlertRaised.from_json(record.value or b"")) for record in records]
    assert {event.company for _, event in events} == {f"{SURGE_COMPANY} {run}"}
    assert len({event.alert_id for _, event in events}) == 1
    return {(record.partition.topic, event.negative_count) for record, event in events}


async def test_the_sample_news_give_one_alert_with_its_updates_and_its_end(bootstrap: str) -> None:
    run = uuid4().hex

    async with running("sentiment_alerts", bootstrap) as service:
        await service.ready()
        await publish(bootstrap, sample_news(run))
        alerts = await Results(bootstrap, ALERTS).matching(run, count=len(ONE_SURGE))
        exit_code = await service.stop()

    assert told(alerts, run) == ONE_SURGE
    assert len(alerts) == len(ONE_SURGE)
    assert exit_code == 0


async def test_kill_9_again_and_again_changes_no_alert(real_kafka: str) -> None:
    run = uuid4().hex
    portions = cut_in_the_surge(sample_news(run), into=4)

    for portion in portions:
        async with running("sentiment_alerts", real_kafka) as service:
            await service.ready()
            await publish(real_kafka, portion)
            await service.kill()
    async with running("sentiment_alerts", real_kafka) as service:
        alerts = await Results(real_kafka, ALERTS).matching(run, count=len(ONE_SURGE))
        assert await service.stop() == 0

    assert told(alerts, run) == ONE_SURGE
    ids = {dict(record.headers)["ce_id"] for record in alerts}
    assert len(ids) == len(ONE_SURGE)


async def test_kill_9_changes_no_alert_of_news_that_comes_in_transactions(real_kafka: str) -> None:
    run = uuid4().hex
    never = sample_news(f"never {run}")
    portions = zip(*(cut_in_the_surge(news, into=3) for news in (sample_news(run), never)), strict=True)

    for portion, aborted in portions:
        async with running("sentiment_alerts", real_kafka) as service:
            await service.ready()
            await publish_in_transactions(real_kafka, portion, each=7, aborted=aborted)
            await service.kill()
    await publish_in_transactions(real_kafka, [], each=1, aborted=never)
    async with running("sentiment_alerts", real_kafka) as service:
        alerts = await Results(real_kafka, ALERTS).matching(run, count=len(ONE_SURGE))
        await service.caught_up()
        assert await service.stop() == 0

    assert told(alerts, run) == ONE_SURGE
    assert len(alerts) == len(ONE_SURGE)


async def test_what_a_stream_delivers_exactly_once_is_told(real_kafka: str) -> None:
    run = uuid4().hex
    inputs = f"news.{run}"
    kafka = KafkaSettings(bootstrap=real_kafka, delivery="exactly-once")
    stream = forwarding(kafka, reads=inputs)
    stop = asyncio.Event()
    await publish(real_kafka, [replace(each, topic=inputs) for each in sample_news(run)])

    async with asyncio.TaskGroup() as tasks, running("sentiment_alerts", real_kafka) as service:
        tasks.create_task(stream.run(stop))
        alerts = await Results(real_kafka, ALERTS).matching(run, count=len(ONE_SURGE))
        stop.set()
        await service.caught_up()

    assert told(alerts, run) == ONE_SURGE


async def test_workers_that_come_and_go_hand_their_companies_over(real_kafka: str) -> None:
    run = uuid4().hex
    news = sample_news(run)
    surge_at = next(place for place, each in enumerate(news) if b"listeria" in (each.value or b""))

    async with running("sentiment_alerts", real_kafka, **QUICK) as first:
        await first.ready()
        await publish(real_kafka, news[: surge_at + 10])
        another = {**QUICK, "TIDEMILL__KAFKA__MEMBER": "another"}
        async with running("sentiment_alerts", real_kafka, **another) as second:
            await second.ready()
            await publish(real_kafka, news[surge_at + 10 : surge_at + 20])
            assert await first.stop() == 0
            await publish(real_kafka, news[surge_at + 20 :])
            alerts = await Results(real_kafka, ALERTS).matching(run, count=len(ONE_SURGE))
            assert await second.stop() == 0

    assert told(alerts, run) == ONE_SURGE


async def test_a_bad_record_is_set_aside_and_the_stream_goes_on(memory_kafka: str) -> None:
    run = uuid4().hex
    bad = Outgoing(NewsArticleAnalyzed.name, f"bad {run}".encode(), b"\xff")

    async with running("sentiment_alerts", memory_kafka) as service:
        await service.ready()
        await publish(memory_kafka, [bad, *sample_news(run)])
        [dead] = await Results(memory_kafka, [NewsArticleAnalyzed.name + DEAD_SUFFIX]).matching(run, count=1)
        alerts = await Results(memory_kafka, ALERTS).matching(run, count=len(ONE_SURGE))
        metrics = await service.get("/metrics")

    assert (dead.value, reason_of(dead)) == (b"\xff", "invalid_utf8")
    assert told(alerts, run) == ONE_SURGE
    assert 'tidemill_dead_letters_total{reason="invalid_utf8"' in metrics


async def test_a_flood_of_bad_records_stops_the_service_and_the_next_start_goes_on(real_kafka: str) -> None:
    run = uuid4().hex
    bad = [Outgoing(NewsArticleAnalyzed.name, f"{number} {run}".encode(), b"{") for number in range(6)]
    wary = {"TIDEMILL__LIMITS__DEAD_LETTER_MIN_COUNT": "3"}

    async with running("sentiment_alerts", real_kafka, **wary) as service:
        await service.ready()
        await publish(real_kafka, bad)
        assert await service.exit_code() == 1
        assert "tidemill dead list" in service.log
    async with running("sentiment_alerts", real_kafka) as service:
        await service.ready()
        dead = await Results(real_kafka, [NewsArticleAnalyzed.name + DEAD_SUFFIX]).matching(run, count=6)
        assert await service.stop() == 0

    assert sorted(record.key or b"" for record in dead) == sorted(record.key or b"" for record in bad)


async def test_news_deleted_unread_stop_the_service_until_a_person_passes_over_them(real_kafka: str) -> None:
    run, kafka = uuid4().hex, KafkaSettings(bootstrap=real_kafka)
    news = sample_news(run)

    async with running("sentiment_alerts", real_kafka, **QUICK) as service:
        await service.ready()
        await publish(real_kafka, news)
        await service.caught_up()
        assert await service.stop() == 0
    await publish(real_kafka, news)
    await delete_all(kafka, NewsArticleAnalyzed.name)
    async with running("sentiment_alerts", real_kafka, **QUICK) as service:
        assert await service.exit_code() == 1
        assert f"were deleted before {GROUP} read them" in service.log

    until_it_left = AsyncRetrying(
        retry=retry_if_exception_type(RetryableError), wait=wait_fixed(0.2), stop=stop_after_delay(30.0)
    )
    assert await until_it_left(skip_lost, kafka, GROUP, [NewsArticleAnalyzed.name])
    await publish(real_kafka, sample_news(f"later {run}"))
    async with running("sentiment_alerts", real_kafka) as service:
        alerts = await Results(real_kafka, ALERTS).matching(f"later {run}", count=len(ONE_SURGE))
        await service.caught_up()
        assert await service.stop() == 0

    assert told(alerts, f"later {run}") == ONE_SURGE


async def delete_all(kafka: KafkaSettings, topic: str) -> None:
    """Delete what a topic holds, as retention does."""
    for partition, at in (await KafkaInspector(kafka).positions(GROUP, [topic])).items():
        await delete_before(kafka.bootstrap, partition, at.end)


async def test_an_unreachable_broker_ends_the_start_with_exit_code_1() -> None:
    async with running("sentiment_alerts", "127.0.0.1:1") as service:
        exit_code = await service.exit_code()

    assert exit_code == 1
    assert "Traceback" not in service.log
