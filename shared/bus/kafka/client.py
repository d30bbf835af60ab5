"""Connection, errors and records of aiokafka clients, translated once for all of them."""

import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka import errors as kafka_errors
from aiokafka.conn import collect_hosts, create_conn
from aiokafka.structs import OffsetAndMetadata

from shared.bus.kafka.records import flaw_of
from shared.bus.kafka.stop import stop_consumer
from shared.bus.port import ClientBrokenError, RecordTooLargeError
from shared.bus.positions import Position
from shared.bus.record import Partition, Record
from shared.errors import ConfigError, RetryableError
from shared.settings import KafkaSettings
from shared.tls import ssl_context

RECORD_MAX_BYTES = 2 * 1024 * 1024
"""Largest record that our clients send or fetch: Kafka's own 1 MB, plus the headers of a dead letter."""

_BROKEN = (
    kafka_errors.OutOfOrderSequenceNumber,
    kafka_errors.UnknownProducerId,
    kafka_errors.InvalidProducerEpoch,
    kafka_errors.ProducerFenced,
    kafka_errors.ProducerClosed,
    kafka_errors.ConsumerStoppedError,
)
_LOGIN = "check TIDEMILL__KAFKA__USERNAME, TIDEMILL__KAFKA__PASSWORD and TIDEMILL__KAFKA__SASL_MECHANISM"
_PROTOCOL = "check TIDEMILL__KAFKA__SECURITY_PROTOCOL"
_GRANT = "grant the user {} with kafka-acls.sh; docs/operations.md, Security, has the commands"
_WRONG_SETUP: dict[type[Exception], str] = {
    kafka_errors.AuthenticationFailedError: _LOGIN,
    kafka_errors.AuthenticationMethodNotSupported: _LOGIN,
    kafka_errors.SaslAuthenticationFailed: _LOGIN,
    kafka_errors.UnsupportedSaslMechanismError: _LOGIN,
    # What a door without logins says.
    kafka_errors.IllegalSaslStateError: _PROTOCOL,
    kafka_errors.TopicAuthorizationFailedError: _GRANT.format("this topic"),
    kafka_errors.GroupAuthorizationFailedError: _GRANT.format("this group"),
    kafka_errors.TransactionalIdAuthorizationFailed: _GRANT.format("this transactional id"),
    # What an idempotent producer hears that may write to no topic at all.
    kafka_errors.ClusterAuthorizationFailedError: _GRANT.format("a topic to write to"),
    ssl.SSLCertVerificationError: "TIDEMILL__KAFKA__CA_FILE must name the authority that signed the brokers' "
    "certificates, and TIDEMILL__KAFKA__BOOTSTRAP a name that stands in them",
    ssl.SSLError: _PROTOCOL,
}
"""Cure of each error, for the operator; the first class that fits counts."""

_CUT_OFF = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
"""TLS errors of a connection whose broker died; the set-up is right."""

_DEAD_TASK = "Unexpected error during"
"""Message of every later call of an aiokafka client whose inner task has died, such as without memory."""

_ASK_WHY_TIMEOUT_MS = 5_000
TOO_LARGE = (kafka_errors.MessageSizeTooLargeError, kafka_errors.RecordTooLargeError)
"""Errors of aiokafka, and of a broker, about a record above their limit."""


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Translate aiokafka's errors into those of the bus; `doing` begins their text."""
    try:
        yield
    except _BROKEN as error:
        raise ClientBrokenError(f"{doing}: {error!r}") from error
    except _CUT_OFF as error:
        raise RetryableError(f"{doing}: {error!r}") from error
    except tuple(_WRONG_SETUP) as error:
        cure = next(cure for kind, cure in _WRONG_SETUP.items() if isinstance(error, kind))
        raise ConfigError(f"{doing}: {_in_one_line(error)}; {cure}") from error
    except TOO_LARGE as error:
        raise RecordTooLargeError(f"{doing}: {error}") from error
    except (kafka_errors.KafkaError, OSError) as error:
        if _DEAD_TASK in str(error):
            raise ClientBrokenError(f"{doing}: {error!r}") from error
        raise RetryableError(f"{doing}: {error!r}") from error


@asynccontextmanager
async def connecting(settings: KafkaSettings, doing: str) -> AsyncIterator[None]:
    """Translate the errors of a client's start into those of the bus.

    aiokafka itself calls every broker that it can't use unreachable: whether one refused the login or
    has a certificate that nobody knows is asked again, and said.
    """
    with translated(f"{doing} at TIDEMILL__KAFKA__BOOTSTRAP, {settings.bootstrap}"):
        try:
            yield
        except kafka_errors.KafkaConnectionError:
            await _raise_refusal(settings)
            raise


async def started(settings: KafkaSettings, client: AIOKafkaConsumer, doing: str) -> AIOKafkaConsumer:
    """Return the client, connected; one that can't connect is closed. Raises as `connecting` does."""
    async with connecting(settings, doing):
        try:
            await client.start()
        except BaseException:
            await stop_consumer(client)
            raise
    return client


async def _raise_refusal(settings: KafkaSettings) -> None:
    """Raise the reason of the first broker that refuses this client; return where none does."""
    arguments = connection(settings)
    for host, port, _ in collect_hosts(arguments.pop("bootstrap_servers")):
        try:
            made = await create_conn(host, port, request_timeout_ms=_ASK_WHY_TIMEOUT_MS, **arguments)
        except tuple(_WRONG_SETUP):
            raise
        except kafka_errors.KafkaConnectionError as error:
            raise kafka_errors.KafkaConnectionError(
                f"{host}:{port} ends the connection; {_PROTOCOL}"
            ) from error
        except (kafka_errors.KafkaError, OSError):
            continue
        made.close()


def _in_one_line(error: Exception) -> str:
    return " ".join((str(error) if isinstance(error, OSError) else repr(error)).split())


def to_record(message: Any) -> Record:
    """Return the record that an aiokafka message holds."""
    return Record(
        Partition(message.topic, message.partition),
        message.offset,
        message.key,
        message.value,
        tuple(message.headers),
        message.timestamp,
        flaw_of(message),
    )


def to_commit(positions: Mapping[Partition, Position]) -> dict[TopicPartition, OffsetAndMetadata]:
    """Return the positions as aiokafka commits them."""
    return {
        TopicPartition(*partition): OffsetAndMetadata(position.next_offset, position.metadata())
        for partition, position in positions.items()
    }


def connection(settings: KafkaSettings) -> dict[str, Any]:
    """Return the arguments that every aiokafka client takes. Raises ConfigError as `tls` does."""
    arguments: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap,
        "security_protocol": settings.security_protocol,
    }
    if context := tls(settings):
        arguments["ssl_context"] = context
    if settings.password is not None:
        arguments |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.username,
            "sasl_plain_password": settings.password.get_secret_value(),
        }
    return arguments


def tls(settings: KafkaSettings) -> ssl.SSLContext | None:
    """Return how certificates are checked; None without TLS. Raises ConfigError as `ssl_context` does."""
    if not settings.security_protocol.endswith("SSL"):
        return None
    return ssl_context(settings.ca_file, variable="TIDEMILL__KAFKA__CA_FILE")
