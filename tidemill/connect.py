"""Settings of the command line: from the environment, else from the note of the running stack."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource

from deploy.local.paths import MODELS
from shared.addresses import HttpUrl
from shared.settings import EmptyIsNone, FilePlace, Folder, RedisSettings, ServiceSettings, TritonSettings
from tidemill.running import running_stack


class Connection(ServiceSettings):
    """Addresses and paths that the commands use."""

    triton: TritonSettings = TritonSettings()
    redis: RedisSettings = RedisSettings()

    services: Mapping[str, HttpUrl] = {}
    """Base address of each service's HTTP endpoint, by its name: `{"inference": "http://worker:8080"}`."""

    gateway_url: HttpUrl | None = None
    """Address of the gateway, for people and programs; None when no gateway is known."""

    dashboard_url: HttpUrl | None = None
    """Address of the dashboard; None when no dashboard is known."""

    models_dir: Folder = MODELS
    """The model repository."""

    intents_file: FilePlace = Path("intents.json")
    """File of added intents; a relative path starts at the current folder, as for a worker."""

    keys_file: Annotated[FilePlace | None, EmptyIsNone] = None
    """File of the gateway's keys, of the mode 600; empty means none."""

    memory_bootstrap: str = ""
    """Address of the in-memory broker of the running stack, which keeps 5 MB a partition; else empty."""

    @property
    def keeps_little(self) -> bool:
        """Return whether a sender must wait for the readers, as the broker may drop unread records."""
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
        """Return the sources, the strongest first: variables, files of secrets, the running stack."""
        usual = super().settings_customise_sources(
            settings_cls, init_settings, env_settings, dotenv_settings, file_secret_settings
        )
        return *usual, InitSettingsSource(settings_cls, running_stack())
