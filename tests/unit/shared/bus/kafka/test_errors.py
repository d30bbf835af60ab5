"""Translation of aiokafka's errors into ours."""

import ssl

import pytest
from aiokafka import errors as kafka_errors

from shared.bus.kafka.client import translated
from shared.bus.port import ClientBrokenError, RecordTooLargeError
from shared.errors import ConfigError, RetryableError, TidemillError


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (kafka_errors.KafkaConnectionError("away"), RetryableError),
        (kafka_errors.KafkaError("Unexpected error during batch delivery"), ClientBrokenError),
        (OSError("reset"), RetryableError),
        (ssl.SSLEOFError("a broker died"), RetryableError),
        (ssl.SSLZeroReturnError("a broker stopped"), RetryableError),
        (ssl.SSLCertVerificationError("nobody we know"), ConfigError),
        (ssl.SSLError("no TLS at all"), ConfigError),
        (kafka_errors.SaslAuthenticationFailed(), ConfigError),
        (kafka_errors.TopicAuthorizationFailedError("topic"), ConfigError),
        (kafka_errors.ProducerFenced(), ClientBrokenError),
        (kafka_errors.MessageSizeTooLargeError(), RecordTooLargeError),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.__name__,
)
def test_each_error_becomes_the_one_of_ours_that_says_what_to_do(
    error: Exception, ours: type[TidemillError]
) -> None:
    with pytest.raises(ours, match="fetching"), translated("fetching"):
        raise error
