"""Every wrong setting is refused in one line that names the variable, and shows no value."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from shared.environment import NAMES, SECRETS_DIR
from shared.errors import ConfigError
from shared.settings import ServiceSettings
from tests.architecture.settings_page import settings_of
from tests.support.settings import SETTINGS
from tidemill.connect import Connection

CANARY = "canary-in-the-coal-mine"
INFERENCE = SETTINGS["services.inference"]
ALL: list[type[ServiceSettings]] = [*SETTINGS.values(), Connection]


def refusal(model: type[ServiceSettings]) -> str:
    """Return the one line that the settings are refused with."""
    with pytest.raises(ConfigError) as refused:
        model.from_environment()
    text = str(refused.value)
    assert text.count("\n") == 0
    assert CANARY not in text
    return text


def bounded(model: type[BaseModel]) -> Iterator[str]:
    """Yield the variables that hold a number, or one of several words."""
    for setting in settings_of(model):
        if setting.allowed and not setting.allowed.endswith("long"):  # as of a secret, which may be any text
            yield setting.variable


@pytest.mark.parametrize(
    ("model", "variable"),
    [(model, setting.variable) for model in ALL for setting in settings_of(model)],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_quotes_around_any_value_are_refused(
    model: type[ServiceSettings], variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, f'"{CANARY}"')

    said = refusal(model)

    assert f"{variable}: has quotes around it" in said


@pytest.mark.parametrize("value", ["", "many", "nan", "inf", "1e400", "-1", "9" * 5000, "0x10", CANARY])
@pytest.mark.parametrize("model", ALL)
def test_nonsense_for_a_number_or_a_choice_is_refused_and_every_variable_named(
    model: type[ServiceSettings], value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = list(bounded(model))
    for variable in variables:
        monkeypatch.setenv(variable, value)

    said = refusal(model)

    assert [variable for variable in variables if f"{variable}: " not in said] == []


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("TIDEMILL__KAKFA__BOOTSTRAP", "TIDEMILL__KAFKA__BOOTSTRAP"),
        ("TIDEMILL__KAFKA__BOOTSTRP", "TIDEMILL__KAFKA__BOOTSTRAP"),
        ("TIDEMILL__KAFKA_BOOTSTRAP", "TIDEMILL__KAFKA__BOOTSTRAP"),
        ("TIDEMILL_KAFKA_BOOTSTRAP", "TIDEMILL__KAFKA__BOOTSTRAP"),
        ("TIDEMILL_KAFKA__BOOTSTRAP", "TIDEMILL__KAFKA__BOOTSTRAP"),
        ("TIDEMILL__BOOTSTRAP", "TIDEMILL__KAFKA__BOOTSTRAP"),
        ("TIDEMILL__LOG__LEVEL__NAME", "TIDEMILL__LOG__LEVEL"),
        ("TIDEMILL__HTTP__PORTS", "TIDEMILL__HTTP__PORT"),
        ("TIDEMILL__ALERT__WINDOW_H", ""),
        ("TIDEMILL__", "docs/settings.md"),
        ("TIDEMILL_SECRET_DIR", SECRETS_DIR),
    ],
)
@pytest.mark.parametrize("model", ALL)
def test_a_misspelt_name_is_refused_with_the_one_that_is_meant(
    model: type[ServiceSettings], name: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, CANARY)

    said = refusal(model)

    assert f"{name}: there is no such setting" in said
    assert meant in said


def test_settings_of_all_services_may_stand_in_one_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEMILL__ALERTS__WINDOW_H", "3")
    monkeypatch.setenv("TIDEMILL__ROUTING__AUTO_MARGIN", "0.2")
    monkeypatch.setenv("TIDEMILL__STREAM", "news")
    monkeypatch.setenv("TIDEMILL__SERVICES", '{"support-bot": "http://bot:8080/"}')
    # What Kubernetes sets for services called tidemill-http and tidemill-kafka.
    monkeypatch.setenv("TIDEMILL_HTTP_PORT", "tcp://10.0.0.1:8080")
    monkeypatch.setenv("TIDEMILL_KAFKA_SERVICE_HOST", "10.0.0.2")

    for model in ALL:
        model.from_environment()


def test_the_names_of_all_services_are_known_to_each() -> None:
    assert {name for model in ALL for name in model.model_fields} == NAMES, "list it in shared/environment.py"


@pytest.mark.parametrize(
    ("variable", "value", "cure"),
    [
        ("TIDEMILL__KAFKA__CA_FILE", "/nowhere/ca.pem", "No such file"),
        ("TIDEMILL__KAFKA__CA_FILE", "/", "Is a directory"),
        ("TIDEMILL__REDIS__CA_FILE", "/nowhere/ca.pem", "No such file"),
        ("TIDEMILL__MODELS_DIR", "/nowhere/models", "there is no folder /nowhere/models"),
        ("TIDEMILL__MODELS_DIR", "README.md", "there is no folder"),
        ("TIDEMILL__INTENTS_FILE", "/", "/ is a folder; name a file"),
        ("TIDEMILL__INTENTS_FILE", "", "is a folder; name a file"),
        ("TIDEMILL__KAFKA", CANARY, "is no JSON; set its parts one by one"),
        ("TIDEMILL__REDIS__URL", "", "is empty"),
        ("TIDEMILL__TRITON__ADDRESS", "http://triton:8001", "has http:// before the host"),
    ],
)
def test_a_path_a_group_or_an_address_that_is_wrong_is_named_with_the_cure(
    variable: str, value: str, cure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)

    for model in (INFERENCE, Connection):
        said = refusal(model)

        assert said.startswith(f"wrong settings: {variable}: ")
        assert cure in said


def test_a_table_of_services_that_is_no_table_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEMILL__SERVICES", "http://worker:8080")

    assert "TIDEMILL__SERVICES: is no JSON" in refusal(Connection)


def test_an_empty_optional_name_or_file_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KAFKA__MEMBER", "KAFKA__CA_FILE", "REDIS__CA_FILE", "REPLIES_FILE"):
        monkeypatch.setenv(f"TIDEMILL__{name}", "")
    monkeypatch.setenv(SECRETS_DIR, "")

    for model in ALL:
        found = model.from_environment()

        assert (found.kafka.member, found.kafka.ca_file) == (None, None)


@pytest.mark.parametrize("content", [b"\xff\xfe" + CANARY.encode(), b"\x80"])
def test_a_secret_that_is_no_text_is_named_by_its_file(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "TIDEMILL__KAFKA__PASSWORD").write_bytes(content)
    monkeypatch.setenv(SECRETS_DIR, str(tmp_path))

    said = refusal(INFERENCE)

    assert f"{SECRETS_DIR}: the file {tmp_path}/TIDEMILL__KAFKA__PASSWORD is no text" in said


@pytest.mark.parametrize("kind", ["folder", "broken link"])
def test_a_secret_that_can_not_be_read_is_named_by_its_file(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "TIDEMILL__KAFKA__PASSWORD"
    secret.mkdir() if kind == "folder" else secret.symlink_to(tmp_path / "gone")
    monkeypatch.setenv(SECRETS_DIR, str(tmp_path))

    assert f"the file {secret} can't be read" in refusal(INFERENCE)


@pytest.mark.parametrize(
    "name", ["TIDEMILL__KAFKA__PASSWORD.bak", "TIDEMILL_KAFKA_PASSWORD", "tidemill__kafka__pass"]
)
def test_a_stray_file_that_is_called_almost_like_a_setting_is_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_text(CANARY, encoding="utf-8")
    monkeypatch.setenv(SECRETS_DIR, str(tmp_path))

    assert f"{name}: there is no such setting; is TIDEMILL__KAFKA__PASSWORD meant?" in refusal(INFERENCE)


def test_files_of_others_in_the_folder_of_secrets_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "truststore.jks").write_bytes(b"\xfe\xed\xfe\xed")
    (tmp_path / "TIDEMILL__KAFKA__USERNAME").write_text("worker\n", encoding="utf-8")
    monkeypatch.setenv(SECRETS_DIR, str(tmp_path))

    assert INFERENCE.from_environment().kafka.username == "worker"


def test_a_folder_of_secrets_that_is_a_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(SECRETS_DIR, str(tmp_path / "file"))

    assert f"{SECRETS_DIR}={tmp_path}/file: Not a directory" in refusal(INFERENCE)


@pytest.mark.parametrize("missing", ["USERNAME", "PASSWORD"])
def test_a_login_without_its_name_or_password_names_both_variables(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDEMILL__KAFKA__SECURITY_PROTOCOL", "SASL_SSL")
    for name in ("USERNAME", "PASSWORD"):
        monkeypatch.setenv(f"TIDEMILL__KAFKA__{name}", "" if name == missing else CANARY)

    assert f"TIDEMILL__KAFKA__{missing}" in refusal(INFERENCE)
