"""`tidemill keys`: a secret is shown once; the file has its hash."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from shared.errors import ConfigError
from shared.keys.file import read_keys
from shared.keys.key import SECRET, hash_of
from shared.keys.scope import Scope
from tidemill.commands.keys import app, expiry_of


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the keys go."""
    path = tmp_path / "keys.json"
    monkeypatch.setenv("TIDEMILL__KEYS_FILE", str(path))
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_a_key_is_added_and_its_secret_is_shown_once(file: Path) -> None:
    secret = run("add", "shop", "--scope", "messages:write", "--scope", "results:own").stdout.strip()
    listed = run("list")

    (key,) = read_keys(file)
    assert SECRET.fullmatch(secret)
    assert key.sha256 == hash_of(secret.encode())
    assert key.scopes == {Scope.MESSAGES_WRITE, Scope.RESULTS_OWN}
    assert key.id in listed.stdout
    assert secret not in listed.output + file.read_text()


def test_the_json_of_a_key_has_no_hash(file: Path) -> None:
    run("add", "shop", "--scope", "all")

    listed = json.loads(run("list", "--json").stdout)

    assert listed["name"] == "shop"
    assert "sha256" not in listed
    assert file.exists()


def test_a_revoked_key_stays_in_the_list_as_revoked(file: Path) -> None:
    run("add", "shop", "--scope", "stream")
    (key,) = read_keys(file)

    revoked = run("revoke", key.id)

    assert revoked.exit_code == 0
    assert "revoked" in run("list").stdout


@pytest.mark.parametrize("arguments", [("add", "shop", "--scope", "everything"), ("revoke", "k00000000")])
def test_an_unknown_scope_and_an_unknown_key_are_wrong_use(file: Path, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)

    assert isinstance(result.exception, ConfigError)
    assert not file.exists()


def test_without_a_file_the_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIDEMILL__KEYS_FILE", raising=False)

    result = run("list")

    assert "TIDEMILL__KEYS_FILE" in str(result.exception)


def test_an_end_is_a_span_from_now_or_a_time() -> None:
    in_a_day = expiry_of("1d")

    assert in_a_day is not None
    assert timedelta(hours=23) < in_a_day - datetime.now(UTC) < timedelta(hours=25)
    assert expiry_of("2100-01-31T01:00+01:00") == datetime(2100, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize("text", ["soon", "2020-01-01", "99999999d", "-1d", "99999d" + "0"])
def test_an_end_that_is_over_or_no_time_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="--expires"):
        expiry_of(text)
