"""Finds the parts: by the environment, else those of the stack that runs here."""

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource

from deploy.local.paths import MODELS, RUNS
from shared.files import write_whole
from shared.settings import RedisSettings, ServiceSettings, TritonSettings

CURRENT = RUNS / "current.json"
"""Written by `tidemill run`: the addresses of its parts, in the shape of the settings."""


class Connection(ServiceSettings):
    """Where the command line finds everything."""

    triton: TritonSettings = TritonSettings()
    redis: RedisSettings = RedisSettings()

    services: Mapping[str, str] = {}
    """Base address of each service's HTTP endpoint, by its name: `{"inference": "http://worker:8080"}`."""

    models_dir: Path = MODELS
    """The model repository."""

    intents_file: Path = Path("intents.json")
    """Where intents are added; by default in the folder in which the command is given, as for a worker."""

    memory_bootstrap: str = ""
    """Address of the broker in memory, when the stack that runs here has one: it keeps little."""

    @property
    def keeps_little(self) -> bool:
        """Return whether a sender must wait for the readers, as the broker forgets what is unread."""
        return self.kafka.bootstrap == self.memory_bootstrap

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources, the strongest first: variables and files overrule what runs here."""
        usual = super().settings_customise_sources(
            settings_cls, init_settings, env_settings, dotenv_settings, file_secret_settings
        )
        return *usual, InitSettingsSource(settings_cls, running_stack())


def running_stack(current: Path = CURRENT) -> dict[str, Any]:
    """Return the settings of the stack that runs here; empty when none does, or only another user's."""
    try:
        noted: dict[str, Any] = json.loads(current.read_text(encoding="utf-8"))
        os.kill(noted.pop("pid"), 0)
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return {}
    return noted


def note_running_stack(addresses: Mapping[str, Any], current: Path = CURRENT) -> None:
    """Write down where this process runs a stack; the note counts while the process lives."""
    write_whole(current, (json.dumps({"pid": os.getpid(), **addresses}, indent=2) + "\n").encode())


def forget_running_stack(current: Path = CURRENT) -> None:
    """Take the note back, unless another stack has written its own since."""
    with contextlib.suppress(FileNotFoundError):
        if json.loads(current.read_text(encoding="utf-8"))["pid"] == os.getpid():
            current.unlink()
