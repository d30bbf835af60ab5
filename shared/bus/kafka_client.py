"""What every aiokafka client of ours shares: how it connects, and how its errors and records become ours."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiokafka import errors as kafka_errors

from shared.bus.port import ClientBrokenError
from shared.bus.record import Partition, Record
from shared.errors import ConfigError, RejectedError, RetryableError
from shared.settings import KafkaSettings

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
_WRONG_SETUP = (
    kafka_errors.AuthenticationFailedError,
    kafka_errors.AuthenticationMethodNotSupported,
    kafka_errors.SaslAuthenticationFailed,
    kafka_errors.TopicAuthorizationFailedError,
    kafka_errors.GroupAuthorizationFailedError,
    kafka_errors.ClusterAuthorizationFailedError,
    kafka_errors.TransactionalIdAuthorizationFailed,
)
_TOO_LARGE = (kafka_errors.MessageSizeTooLargeError, kafka_errors.RecordTooLargeError)


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn aiokafka's errors into ours."""
    try:
        yield
    except _BROKEN as error:
        raise ClientBrokenError(f"{doing}: {error!r}") from error
    except _WRONG_SETUP as error:
        raise ConfigError(f"{doing}: {error!r}; check user, password and access rights") from error
    except _TOO_LARGE as error:
        raise RejectedError("record_too_large", f"{doing}: {error}") from error
    except (kafka_errors.KafkaError, OSError) as error:
        raise RetryableError(f"{doing}: {error!r}") from error


def to_record(message: Any) -> Record:
    """Return an aiokafka message as ours."""
    return Record(
        Partition(message.topic, message.partition),
        message.offset,
        message.key,
        message.value,
        tuple(message.headers),
        message.timestamp,
    )


def connection(settings: KafkaSettings) -> dict[str, Any]:
    """Return the arguments that every aiokafka client takes."""
    arguments: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap,
        "security_protocol": settings.security_protocol,
    }
    if settings.security_protocol.endswith("SSL"):
        arguments["ssl_context"] = ssl.create_default_context(cafile=settings.ca_file)
    if settings.password is not None:
        arguments |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.username,
            "sasl_plain_password": settings.password.get_secret_value(),
        }
    return arguments
