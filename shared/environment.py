"""Names of settings, and their values in files: a misspelt name and an unreadable file are refused."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import get_origin

from pydantic import BaseModel
from pydantic_settings import NestedSecretsSettingsSource

from shared.errors import ConfigError

PREFIX = "TIDEMILL__"
SECRETS_DIR = "TIDEMILL_SECRETS_DIR"
"""The variable that names a mounted folder of secrets; with one underscore, as it is no setting itself."""

_OTHERS = ("TIDEMILL_RUN_DIR", SECRETS_DIR)
_NO_FOLDER = "name a folder that this user can read"

NAMES = frozenset(
    {
        *("kafka", "http", "log", "redis", "triton", "batch", "limits"),
        *("models_dir", "intents_file", "start_timeout_s", "models_look_every_s", "stream"),
        *("replies_file", "routing", "alerts", "services", "memory_bootstrap"),
        *("gateway", "dashboard", "gateway_url", "dashboard_url", "keys_file", "guard"),
        *("accept", "direct", "kafka_in_memory", "pages", "assets_dir", "results"),
    }
)
"""First parts of the settings of all services: one environment may serve them all, as in a compose file."""


def name_complaints(settings: type[BaseModel], values: Mapping[str, str]) -> dict[str, str]:
    """Return the names of variables and files that no service has, each with its complaint.

    A setting of another service is fine. Of the values only those count that Kubernetes sets.
    """
    known = frozenset(_known(settings, PREFIX.removesuffix("__")))
    found = {name: _meant(name.upper(), values[name], known, settings) for name in sorted(values)}
    return {name: f"there is no such setting; {cure}" for name, cure in found.items() if cure}


def _meant(name: str, value: str, known: frozenset[str], settings: type[BaseModel]) -> str | None:
    """Return the cure for a wrong name, None for one that is right or not ours."""
    if not name.startswith(PREFIX):
        return _one_underscore(name, value, known)
    return None if _is_known(name, known, settings) else _cure(name, known)


def _known(model: type[BaseModel], path: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        here = f"{path}__{name.upper()}"
        yield here
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _known(field.annotation, here)


def _is_known(name: str, known: frozenset[str], settings: type[BaseModel]) -> bool:
    first = name.removeprefix(PREFIX).partition("__")[0].lower()
    if first not in settings.model_fields:
        return first in NAMES
    is_table = get_origin(settings.model_fields[first].annotation) is Mapping
    return name in known or (is_table and name.startswith(f"{PREFIX}{first.upper()}__"))


def _cure(name: str, known: Iterable[str]) -> str:
    rest = name.removeprefix(PREFIX)
    others = {*(each.removeprefix(PREFIX) for each in known), *map(str.upper, NAMES)}
    meant = [each for each in sorted(others) if rest and each.endswith(f"__{rest}")]
    meant += get_close_matches(rest, others, n=1, cutoff=0.7)
    return f"is {PREFIX}{meant[0]} meant?" if meant else "docs/settings.md lists them all"


def _one_underscore(name: str, value: str, known: frozenset[str]) -> str | None:
    """Return the cure for `TIDEMILL_KAFKA_BOOTSTRAP`, None for what Kubernetes sets for services."""
    if not name.startswith("TIDEMILL_") or name in _OTHERS or value.startswith("tcp://"):
        return None
    plain = {re.sub("_+", "_", each): each for each in known}
    close = get_close_matches(name, _OTHERS, n=1, cutoff=0.9)
    meant = plain.get(re.sub("_+", "_", name)) or "".join(close)
    return f"is {meant} meant?" if meant else None


def quote_complaints(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the settings with quotes around their values, each with its complaint."""
    return {
        name: "has quotes around it, which `docker --env-file` keeps; write it without quotes"
        for name, value in sorted(variables.items())
        if name.upper().startswith(PREFIX) and re.fullmatch(r"([\"']).*\1", value, re.DOTALL)
    }


def secrets_folder() -> Path | None:
    """Return the folder that TIDEMILL_SECRETS_DIR names, None where it names none."""
    named = os.environ.get(SECRETS_DIR)
    return Path(named).expanduser() if named else None


def read_secrets(folder: Path) -> dict[str, str]:
    """Return the contents of the files whose names begin like our variables, without white space around.

    Other files are not ours, say a certificate. Links that lead out of the folder are not followed.
    Raises ConfigError, naming the folder or the file, when one of them can't be read.
    """
    try:
        inside = folder.resolve(strict=True)
        files = [file for file in sorted(inside.iterdir()) if file.name.upper().startswith("TIDEMILL")]
    except OSError as error:
        raise ConfigError(f"{SECRETS_DIR}={folder}: {error.strerror}; {_NO_FOLDER}") from None
    return {file.name: _content(file) for file in files if inside in file.resolve().parents}


def _content(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        why = f"can't be read ({error.strerror}); make it a file that this user may read"
    except UnicodeDecodeError:
        why = "is no text in UTF-8; write the secret as text"
    raise ConfigError(f"{SECRETS_DIR}: the file {file} {why}")


class SecretFiles(NestedSecretsSettingsSource):
    """Settings from the files of the folder of secrets."""

    def validate_secrets_path(self, path: Path) -> None:
        """Leave the check to `read_secrets`."""

    @classmethod
    def load_secrets(cls, path: Path) -> dict[str, str]:
        """Return the files of our names, by name. Raises ConfigError as `read_secrets`."""
        return read_secrets(path)
