"""A refusal of Kafka ends the service with one line that names the cure, never in a loop."""

import asyncio
import re
from itertools import product
from pathlib import Path
from typing import get_args
from uuid import uuid4

import pytest

from shared.bus.kafka.bus import KafkaBus
from shared.errors import ConfigError, RetryableError, TidemillError
from shared.process.run import exit_code_of, reason_of
from shared.settings import Delivery
from tests.integration.services.service_process import publish, running
from tests.support.buses import keep
from tests.support.certificates import new_certificate
from tests.support.echo import REFUSED, echoing
from tests.support.said import record_of, said, said_on
from tests.support.secured_kafka import PASSWORD, SecuredKafka

READS, WRITES = "sentiment.alert_resolved.v1", "image.analyzed.v1.dead"
"""No other test reads them: who dies in a transaction leaves it open, and readers wait for its end."""

ENDS_WITHIN_S = 20.0

TOPIC = f"--operation Read --topic {READS}"
GROUP = "--operation Read --group {group}"
RESULTS = f"--operation Write --topic {WRITES}"
DEAD = f"--operation Write --topic {READS}.dead"
TRANSACTIONS = "--operation Write --resource-pattern-type prefixed --transactional-id {group}-"


NAMED = {
    TOPIC: f"TopicAuthorizationFailedError.*{READS}",
    GROUP: "GroupAuthorizationFailedError.*{group}",
    RESULTS: f"TopicAuthorizationFailedError.*{WRITES}",
    DEAD: rf"TopicAuthorizationFailedError.*{READS}\.dead",
    TRANSACTIONS: "TransactionalIdAuthorizationFailed.*{group}-",
}


@pytest.mark.parametrize(
    ("missing", "delivery"),
    [*product((TOPIC, GROUP, RESULTS, DEAD), get_args(Delivery)), (TRANSACTIONS, "exactly-once")],
)
async def test_each_missing_right_ends_the_stream_and_is_named(
    locked: SecuredKafka, missing: str, delivery: Delivery
) -> None:
    user = f"lacks-{uuid4().hex}"
    locked.add_user(user)
    for right in NAMED:
        if right != missing:
            locked.grant(user, *right.format(group=user).split())
    await publish(
        locked.broker.bootstrap, [record_of(said(text, on=said_on(READS))) for text in ("hi", REFUSED)]
    )
    settings = locked.settings(user, delivery=delivery)

    async with asyncio.timeout(ENDS_WITHIN_S):
        with pytest.raises((TidemillError, ExceptionGroup)) as ended:
            await echoing(settings, user, reads=READS, writes=WRITES).run(asyncio.Event())

    assert exit_code_of(ended.value) == 2
    assert re.search(NAMED[missing].format(group=user), reason_of(ended.value))
    assert "docs/operations.md" in reason_of(ended.value)
    assert PASSWORD not in reason_of(ended.value)


async def refused(locked: SecuredKafka, **wrong: str) -> list[Exception]:
    """Return how a consumer, a producer and an owner of transactions end that are set up like this."""
    settings = locked.settings("tidemill-support-bot", **wrong)
    bus = KafkaBus(settings)
    endings: list[Exception] = []
    for start in (bus.producer().start, lambda: bus.consumer([READS], group="any").start(keep, keep)):
        async with asyncio.timeout(ENDS_WITHIN_S):
            with pytest.raises(TidemillError) as ended:
                await start()
        endings.append(ended.value)
    return endings


async def test_a_wrong_password_is_named_by_its_variable_and_not_shown(locked: SecuredKafka) -> None:
    for ending in await refused(locked, password=f"{PASSWORD}-but-wrong"):
        assert isinstance(ending, ConfigError)
        assert "check TIDEMILL__KAFKA__USERNAME, TIDEMILL__KAFKA__PASSWORD" in str(ending)
        assert PASSWORD not in str(ending)


async def test_a_mechanism_that_the_broker_does_not_know_is_named(locked: SecuredKafka) -> None:
    for ending in await refused(locked, sasl_mechanism="PLAIN"):
        assert isinstance(ending, ConfigError)
        assert "TIDEMILL__KAFKA__SASL_MECHANISM" in str(ending)


async def test_a_certificate_of_an_unknown_authority_is_not_trusted(
    locked: SecuredKafka, tmp_path: Path
) -> None:
    stranger = new_certificate(tmp_path, "stranger")

    for ending in await refused(locked, ca_file=str(stranger.certificate)):
        assert isinstance(ending, ConfigError)
        assert re.search("CERTIFICATE_VERIFY_FAILED.*TIDEMILL__KAFKA__CA_FILE", str(ending))


async def test_a_certificate_of_another_host_is_not_trusted(locked: SecuredKafka) -> None:
    for ending in await refused(locked, bootstrap=f"localhost:{locked.port}"):
        assert isinstance(ending, ConfigError)
        assert re.search("CERTIFICATE_VERIFY_FAILED.*TIDEMILL__KAFKA__BOOTSTRAP", str(ending))


async def test_a_file_that_holds_no_authority_is_named(locked: SecuredKafka, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.touch()

    for ending in await refused(locked, ca_file=str(empty)):
        assert isinstance(ending, ConfigError)
        assert f"TIDEMILL__KAFKA__CA_FILE: {empty}" in str(ending)


async def test_tls_to_a_door_without_it_and_the_other_way_round_is_asked_about(locked: SecuredKafka) -> None:
    plain = locked.broker.bootstrap
    for ending in [
        *await refused(locked, security_protocol="PLAINTEXT"),
        *await refused(locked, bootstrap=plain, security_protocol="SASL_PLAINTEXT"),
    ]:
        assert isinstance(ending, (ConfigError, RetryableError))
        assert re.search("SECURITY_PROTOCOL|SASL_MECHANISM", str(ending))


@pytest.mark.parametrize(
    ("service", "user", "wrong", "said"),
    [
        ("support_bot", "tidemill-support-bot", {"PASSWORD": "wrong"}, "TIDEMILL__KAFKA__PASSWORD"),
        ("support_bot", "tidemill-inference-news", {}, "grant the user this topic"),
        ("sentiment_alerts", "tidemill-sentiment-alerts", {"PASSWORD": "wrong"}, "TIDEMILL__KAFKA__PASSWORD"),
        ("sentiment_alerts", "tidemill-inference-news", {}, "grant the user this topic"),
    ],
)
async def test_a_service_that_is_refused_exits_with_2_and_one_line(
    locked: SecuredKafka, service: str, user: str, wrong: dict[str, str], said: str
) -> None:
    environment = locked.environment(user, **wrong)

    async with running(service, environment.pop("TIDEMILL__KAFKA__BOOTSTRAP"), **environment) as process:
        async with asyncio.timeout(ENDS_WITHIN_S):
            exit_code = await process.exit_code()

    assert exit_code == 2
    assert said in process.log.splitlines()[-1]
    assert "Traceback" not in process.log
    assert PASSWORD not in process.log


async def test_alerts_without_their_group_end_instead_of_waiting_for_it(locked: SecuredKafka) -> None:
    user = f"lacks-{uuid4().hex}"
    locked.add_user(user)
    for prefix in ("news.", "tidemill-"):
        locked.grant(user, *f"--operation All --topic {prefix} --resource-pattern-type prefixed".split())
    environment = locked.environment(user)
    bootstrap = environment.pop("TIDEMILL__KAFKA__BOOTSTRAP")

    async with running("sentiment_alerts", bootstrap, **environment) as process:
        async with asyncio.timeout(ENDS_WITHIN_S):
            exit_code = await process.exit_code()

    assert exit_code == 2
    assert "grant the user this group" in process.log.splitlines()[-1]
