"""The file of keys: for its owner alone, whole or absent."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.errors import ConfigError
from shared.keys.file import add_key, read_keys, revoke_key
from shared.keys.key import SECRET, Key, NewKey, hash_of, new_key
from shared.keys.scope import Scope


def a_key(name: str = "shop", *, expires_at: datetime | None = None) -> NewKey:
    return new_key(name, [Scope.ANALYZE], expires_at=expires_at)


def test_a_key_is_read_as_it_was_added(tmp_path: Path) -> None:
    path = tmp_path / "there" / "keys.json"
    made = a_key()

    add_key(path, made)

    assert read_keys(path) == (made.key,)


def test_the_file_is_for_its_owner_alone_also_behind_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    (tmp_path / "keys.json.new").touch(mode=0o666)

    add_key(path, a_key())

    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_others_may_read_is_refused_with_the_cure(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    add_key(path, a_key())
    path.chmod(0o640)

    with pytest.raises(ConfigError, match=r"mode 640.*chmod 600"):
        read_keys(path)


@pytest.mark.parametrize(
    "content",
    ["", "{}", '{"keys": [{"id": "k1"}]}', '{"keys": [], "more": 1}', '{"keys": [{"sha256": "SECRET"}]}'],
)
def test_a_file_of_something_else_is_refused_without_its_values(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content)
    path.chmod(0o600)

    with pytest.raises(ConfigError, match="restore it") as refused:
        read_keys(path)

    assert "SECRET" not in str(refused.value)


def test_without_a_file_there_are_no_keys(tmp_path: Path) -> None:
    assert read_keys(tmp_path / "keys.json") == ()


def test_keys_that_are_added_at_a_time_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: add_key(path, a_key(f"key {number}")), range(24)))

    assert len(read_keys(path)) == 24


def test_a_revoked_key_is_kept_with_the_time(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    made = a_key()
    add_key(path, made)

    revoke_key(path, made.key.id)

    (kept,) = read_keys(path)
    assert kept.fault(datetime.now(UTC)) == "revoked"


def test_an_expired_key_is_good_until_its_end() -> None:
    end = datetime(2027, 1, 1, tzinfo=UTC)
    key = a_key(expires_at=end).key

    assert key.fault(end - timedelta(seconds=1)) is None
    assert key.fault(end) == "expired"


def test_secrets_have_256_bits_and_show_nowhere() -> None:
    made = a_key()

    assert SECRET.fullmatch(made.secret)
    assert made.secret not in repr(made)
    assert hash_of(made.secret.encode()) not in repr(made)
    assert isinstance(made.key, Key)
    assert made.secret not in json.dumps(made.key.model_dump(mode="json"))
