"""How Faust connects: as all our other clients do."""

from typing import Any

import pytest
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

from shared.bus.kafka.client import connection
from shared.settings import KafkaSettings
from shared.stateful.faust_app import faust_app


def told_by_faust(kafka: KafkaSettings) -> dict[str, Any]:
    """Return how Faust's clients log in."""
    app = faust_app(kafka, group="alerts", identity=None)
    return dict(credentials_to_aiokafka_auth(app.conf.broker_credentials))


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"])
def test_faust_speaks_the_protocol_of_the_settings_also_where_a_password_is_set(protocol: str) -> None:
    kafka = KafkaSettings.model_validate(
        {"security_protocol": protocol, "username": "alerts", "password": "secret"}
    )

    told = told_by_faust(kafka)

    assert told["security_protocol"] == connection(kafka)["security_protocol"] == protocol
    assert ("sasl_plain_password" in told) == protocol.startswith("SASL")
    assert (told.get("ssl_context") is not None) == protocol.endswith("SSL")
