"""Wrong settings are named, with their variables, and secrets stay secret."""

import pytest

from services.inference.settings import Settings
from shared.errors import ConfigError
from shared.settings import KafkaSettings

SECRET = "canary-in-the-coal-mine"


def test_each_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEMILL__STREAM", "weather")
    monkeypatch.setenv("TIDEMILL__HTTP__PORT", "many")

    with pytest.raises(ConfigError) as error:
        Settings.from_environment()

    assert "TIDEMILL__STREAM" in str(error.value)
    assert "TIDEMILL__HTTP__PORT" in str(error.value)


def test_a_misspelt_variable_of_a_group_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEMILL__KAFKA__BOOTSTRP", "broker:9092")

    with pytest.raises(ConfigError, match="TIDEMILL__KAFKA__BOOTSTRP"):
        Settings.from_environment()


def test_one_variable_leaves_the_other_defaults_of_its_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEMILL__BATCH__MAX_ITEMS", "7")

    settings = Settings.from_environment()

    assert settings.batch.max_items == 7
    assert settings.batch.max_in_flight == 2


def test_a_password_never_shows() -> None:
    settings = KafkaSettings(security_protocol="SASL_SSL", username="worker", password=SECRET)

    assert SECRET not in repr(settings)
    assert SECRET not in settings.model_dump_json()


def test_sasl_without_a_password_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a username and a password"):
        KafkaSettings(security_protocol="SASL_SSL", username="worker")
