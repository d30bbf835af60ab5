"""Wrong settings are named, with their variables, and secrets stay secret."""

from pathlib import Path

import pytest

from services.inference.settings import Settings
from shared.environment import SECRETS_DIR
from shared.errors import ConfigError
from shared.settings import KafkaSettings
from tidemill.connect import Connection

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


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of secrets that the environment names, laid out as Kubernetes does."""
    folder = tmp_path / "secrets"
    version = folder / "..2026_01_01"
    version.mkdir(parents=True)
    (folder / "..data").symlink_to(version)
    (version / "TIDEMILL__KAFKA__PASSWORD").write_text(f"{SECRET}\n", encoding="utf-8")
    (folder / "TIDEMILL__KAFKA__PASSWORD").symlink_to("..data/TIDEMILL__KAFKA__PASSWORD")
    monkeypatch.setenv(SECRETS_DIR, str(folder))
    return folder


@pytest.mark.parametrize("settings", [Settings, Connection])
@pytest.mark.usefixtures("secrets")
def test_a_secret_is_read_from_the_file_of_its_name(settings: type[Settings | Connection]) -> None:
    found = settings.from_environment().kafka

    assert found.password is not None
    assert found.password.get_secret_value() == SECRET
    assert found.bootstrap == KafkaSettings().bootstrap


@pytest.mark.usefixtures("secrets")
def test_a_variable_overrules_the_file_of_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEMILL__KAFKA__PASSWORD", "another")

    found = Settings.from_environment().kafka.password

    assert found is not None
    assert found.get_secret_value() == "another"


def test_a_file_with_a_misspelt_name_stops_the_start_without_showing_it(secrets: Path) -> None:
    (secrets / "TIDEMILL__KAFKA__PASSWRD").write_text(SECRET, encoding="utf-8")

    with pytest.raises(ConfigError, match="TIDEMILL__KAFKA__PASSWRD") as error:
        Settings.from_environment()

    assert SECRET not in str(error.value)


def test_a_folder_of_secrets_that_is_not_there_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SECRETS_DIR, str(tmp_path / "nowhere"))

    with pytest.raises(ConfigError, match=r"TIDEMILL_SECRETS_DIR=.*nowhere"):
        Settings.from_environment()


def test_a_secret_that_is_no_text_stops_the_start_without_showing_it(secrets: Path) -> None:
    (secrets / "TIDEMILL__REDIS__URL").write_bytes(b"\xff" + SECRET.encode())

    with pytest.raises(ConfigError, match="TIDEMILL_SECRETS_DIR") as error:
        Settings.from_environment()

    assert SECRET not in str(error.value)
