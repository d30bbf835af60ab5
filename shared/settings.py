"""Settings that several services share; each service composes its own class from these groups.

From the environment: `TIDEMILL__KAFKA__BOOTSTRAP=broker:9092`; or from files with the names of the variables,
in the folder that TIDEMILL_SECRETS_DIR names. Built once, in `__main__.py`.
"""

import os
import re
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from shared.addresses import Address, Addresses, Host, RedisUrl
from shared.environment import (
    PREFIX,
    SecretFiles,
    name_complaints,
    quote_complaints,
    read_secrets,
    secrets_folder,
)
from shared.errors import ConfigError

AnyPath = TypeVar("AnyPath", str, Path)


class Group(BaseModel):
    """A group of settings; a misspelt name stops the start."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _file(path: AnyPath) -> AnyPath:
    try:
        Path(path).open("rb").close()
    except OSError as error:
        raise ValueError(
            f"{path} can't be read ({error.strerror}); name a file that this user may read"
        ) from None
    return path


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise ValueError(f"there is no folder {path.absolute()}; name one that is there")
    return path


def _no_folder(path: Path) -> Path:
    if path.is_dir():
        raise ValueError(f"{path.absolute()} is a folder; name a file")
    return path


def _none_if_empty(value: object) -> object:
    return None if value == "" else value


FilePlace = Annotated[Path, AfterValidator(_no_folder)]
"""A place for a file, which may not exist yet."""

Readable = AfterValidator(_file)
"""Refuses the path of a file that this process may not read."""

Folder = Annotated[Path, AfterValidator(_folder)]
"""A folder that exists."""

EmptyIsNone = BeforeValidator(_none_if_empty)
"""Reads an empty variable as one that is not set, as compose files write it."""

Delivery = Literal["at-least-once", "exactly-once"]


class KafkaSettings(Group):
    """Addresses of the brokers, login, and how records are read and written."""

    bootstrap: Addresses = "127.0.0.1:9092"
    """Brokers, `host:port[,host:port]`."""

    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """Whether connections are encrypted (SSL) and log in (SASL)."""

    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """The login mechanism."""

    username: str | None = None
    """Name of the user; with SASL only, as is the password."""

    password: SecretStr | None = None
    """Password of the user; better a file, as said above."""

    ca_file: Annotated[Annotated[str, Readable] | None, EmptyIsNone] = None
    """PEM file of the authority that signed the brokers' certificates; the system's own when empty."""

    compression: Literal["gzip", "none", "snappy", "lz4", "zstd"] = "gzip"
    """Compression of the batches that are sent.

    Every client reads gzip and none without a plug-in; kafkajs, for one, has none of the other three.
    """

    session_timeout_ms: Annotated[int, Field(ge=1_000, le=1_800_000)] = 10_000
    """After this long without a heartbeat the broker gives a member's partitions away."""

    fetch_wait_ms: Annotated[int, Field(ge=1, le=30_000)] = 500
    """How long a broker holds a fetch open for the first record; the embedded one always takes all of it."""

    delivery: Delivery = "at-least-once"
    """Whether a crash may repeat results (at-least-once) or not (exactly-once; ADR 0018 tells the price)."""

    member: Annotated[str | None, EmptyIsNone] = None
    """Static membership: a restarted process of this name takes its partitions back at once.

    Empty means none.
    """

    @model_validator(mode="after")
    def _complete(self) -> Self:
        password = self.password and self.password.get_secret_value()
        if self.security_protocol.startswith("SASL") and not (self.username and password):
            raise ValueError(
                f"{self.security_protocol} needs a username and a password; set both, "
                f"{PREFIX}KAFKA__USERNAME and {PREFIX}KAFKA__PASSWORD"
            )
        return self


class RedisSettings(Group):
    """Address of the cache, and how long it remembers results."""

    url: RedisUrl | None = None
    """`redis://host:port`; without it nothing is cached. Secret, as it may hold a password.

    With TLS `rediss://user:password@host:port`. One server, no cluster.
    """

    ca_file: Annotated[Annotated[str, Readable] | None, EmptyIsNone] = None
    """PEM file of the authority that signed the server's certificate; the system's own when empty."""

    ttl_s: Annotated[int, Field(ge=1, le=315_360_000)] = 3600
    """How long a result stays."""


class TritonSettings(Group):
    """Address of the model server, and how long a call may take."""

    address: Address = "127.0.0.1:8001"
    """`host:port` of Triton's gRPC endpoint."""

    deadline_s: Annotated[float, Field(gt=0, le=3600)] = 30.0
    """Bound of one call; a late answer is asked for again."""


class HttpSettings(Group):
    """Address of health and metrics."""

    host: Host = "127.0.0.1"
    """The address to listen on; 0.0.0.0 is every one of the machine."""

    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """0 takes a free one, and the log says which."""


class ListenSettings(Group):
    """Address that people and programs use."""

    host: Host = "127.0.0.1"
    """The address to listen on; 0.0.0.0 is every one of the machine."""

    port: Annotated[int, Field(ge=0, le=65535)]
    """0 takes a free one, and the log says which."""


class LogSettings(Group):
    """Which events are logged."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Events below this level are not logged."""


class ServiceSettings(BaseSettings):
    """Settings of every service; services inherit them and add their own groups."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,  # else one variable drops its group's defaults
        frozen=True,
        allow_inf_nan=False,
    )

    kafka: KafkaSettings = KafkaSettings()
    http: HttpSettings = HttpSettings()
    log: LogSettings = LogSettings()

    @classmethod
    def from_environment(cls) -> Self:
        """Return the settings.

        Raises ConfigError, in one line that names each variable or file that is wrong, and its cure. Neither
        a value nor a secret is shown.
        """
        folder = secrets_folder()
        secrets = read_secrets(folder) if folder else {}
        variables = dict(os.environ)
        wrong = {**name_complaints(cls, {**secrets, **variables}), **quote_complaints(variables)}
        try:
            settings = cls()
        except ValidationError as error:
            wrong = {**_complaints(error), **wrong}
        except SettingsError as error:
            wrong = {**_unparsed(error), **wrong}
        if wrong:
            each = "; ".join(f"{variable}: {complaint}" for variable, complaint in wrong.items())
            raise ConfigError(f"wrong settings: {each}")
        return settings

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
        files = SecretFiles(file_secret_settings, secrets_dir=secrets_folder())
        return init_settings, env_settings, files


def _complaints(error: ValidationError) -> dict[str, str]:
    return {
        f"{PREFIX}{'__'.join(str(part).upper() for part in complaint['loc'])}": complaint["msg"].removeprefix(
            "Value error, "
        )
        for complaint in error.errors(include_url=False, include_input=False)
    }


def _unparsed(error: SettingsError) -> dict[str, str]:
    """Return the complaint about a group, or a table, that was given as one value that is no JSON."""
    named = re.search(r'field "(\w+)"', str(error))
    variable = f"{PREFIX}{named[1].upper()}" if named else PREFIX
    return {variable: f"is no JSON; set its parts one by one, {variable}__NAME=value (docs/settings.md)"}
