"""Settings that several services share; each service composes its own class from these groups.

From the environment: `TIDEMILL__KAFKA__BOOTSTRAP=broker:9092`; or from files with the names of the variables,
in the folder that TIDEMILL_SECRETS_DIR names. Built once, in `__main__.py`.
"""

import os
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from shared.errors import ConfigError

SECRETS_DIR = "TIDEMILL_SECRETS_DIR"
"""The variable that names a mounted folder of secrets; with one underscore, as it is no setting itself."""


class Group(BaseModel):
    """A group of settings; a misspelt name stops the start."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Delivery = Literal["at-least-once", "exactly-once"]


class KafkaSettings(Group):
    """Where the topics are."""

    bootstrap: str = "127.0.0.1:9092"
    """Brokers, `host:port[,host:port]`."""

    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """Whether connections are encrypted (SSL) and log in (SASL)."""

    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """How they log in."""

    username: str | None = None
    """With SASL only, as is the password."""

    password: SecretStr | None = None
    """Better a file, as said above."""

    ca_file: str | None = None
    """PEM file of the authority that signed the brokers' certificates; the system's own when empty."""

    compression: Literal["zstd", "none"] = "zstd"
    """Of the batches that are sent."""

    session_timeout_ms: Annotated[int, Field(ge=1_000)] = 10_000
    """After this long without a heartbeat the broker gives a member's partitions away."""

    fetch_wait_ms: Annotated[int, Field(ge=1)] = 500
    """How long a broker holds a fetch open for the first record; the embedded one always takes all of it."""

    delivery: Delivery = "at-least-once"
    """What a crash may do to results: repeat some of them, or nothing (ADR 0018 tells the price)."""

    member: str | None = None
    """Static membership: a restarted process of this name takes its partitions back at once."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.security_protocol.startswith("SASL") and (self.username is None or self.password is None):
            raise ValueError(f"{self.security_protocol} needs a username and a password")
        return self


class RedisSettings(Group):
    """Where results are cached."""

    url: SecretStr | None = None
    """`redis://host:port`; without it nothing is cached. Secret, as it may hold a password.

    With TLS `rediss://user:password@host:port`.
    """

    ca_file: str | None = None
    """PEM file of the authority that signed the server's certificate; the system's own when empty."""

    ttl_s: Annotated[int, Field(ge=1)] = 3600
    """How long a result stays."""


class TritonSettings(Group):
    """Where the models are served."""

    address: str = "127.0.0.1:8001"
    """`host:port` of Triton's gRPC endpoint."""

    deadline_s: Annotated[float, Field(gt=0)] = 30.0
    """Bound of one call; a late answer is asked for again."""


class HttpSettings(Group):
    """Where health and metrics are served."""

    host: str = "127.0.0.1"
    """The address to listen on; 0.0.0.0 is every one of the machine."""

    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """0 takes a free one, and the log says which."""


class LogSettings(Group):
    """What is logged."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """What is less important than this is not logged."""


class ServiceSettings(BaseSettings):
    """What every service needs; services inherit it and add their own groups."""

    model_config = SettingsConfigDict(
        env_prefix="TIDEMILL__",
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,  # else one variable drops its group's defaults
        frozen=True,
    )

    kafka: KafkaSettings = KafkaSettings()
    http: HttpSettings = HttpSettings()
    log: LogSettings = LogSettings()

    @classmethod
    def from_environment(cls) -> Self:
        """Return the settings. Raises ConfigError naming each variable, or the folder, that is wrong."""
        try:
            return cls()
        except ValidationError as error:
            raise ConfigError(_complaints(error)) from None
        except (SettingsError, OSError, UnicodeError) as error:
            folder = os.environ.get(SECRETS_DIR)
            where = f"{SECRETS_DIR}={folder}: name a folder that can be read; " if folder else ""
            raise ConfigError(f"wrong settings: {where}{error}") from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings names its parameters
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the same
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources, the strongest first: a variable overrules the file of its name."""
        folder = os.environ.get(SECRETS_DIR)
        # Its own word for a folder that is not there is a warning, and the start would go on without secrets.
        files = NestedSecretsSettingsSource(
            file_secret_settings, secrets_dir=folder, secrets_dir_missing="error"
        )
        return init_settings, env_settings, files


def _complaints(error: ValidationError) -> str:
    lines = []
    for complaint in error.errors(include_url=False, include_input=False):
        variable = "TIDEMILL__" + "__".join(str(part).upper() for part in complaint["loc"])
        lines.append(f"{variable}: {complaint['msg']}")
    return "wrong settings: " + "; ".join(lines)
