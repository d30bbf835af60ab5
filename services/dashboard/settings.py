"""Settings of the dashboard. Built once, in `__main__.py`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from shared.addresses import Host, HttpUrl
from shared.settings import FilePlace, Folder, Group, ListenSettings, ServiceSettings


class DoorSettings(ListenSettings):
    """Address of the pages."""

    port: Annotated[int, Field(ge=0, le=65535)] = 8001
    """0 takes a free one, and the log says which."""

    hosts: tuple[Host, ...] = ()
    """Names that browsers know the pages by, beside those of loopback: `["tidemill.example.com"]`.

    Requests for another host are refused. Empty takes any, where the pages are seen beyond this machine.
    """

    secure: bool = False
    """Whether browsers reach the pages by TLS, as behind a proxy: the session's cookie is Secure then."""


class PageSettings(Group):
    """Bounds of what the pages show, and to how many."""

    frames_per_s: Annotated[float, Field(gt=0, le=10)] = 2.0
    """How often an open page is renewed, at most."""

    viewers_max: Annotated[int, Field(ge=1, le=100_000)] = 1_000
    """Open pages at a time; a further one is refused with 503."""

    views_max: Annotated[int, Field(ge=1, le=1_000)] = 64
    """Different filters in use at a time; each is rendered once for all who use it."""

    rewind_count: Annotated[int, Field(ge=0, le=10_000)] = 500
    """Records of each partition that are read at the start, so that pages are not empty."""


class Settings(ServiceSettings):
    """Settings of the dashboard."""

    dashboard: DoorSettings = DoorSettings()
    pages: PageSettings = PageSettings()

    gateway_url: HttpUrl = "http://127.0.0.1:8000"
    """The gateway that corrections and replays are sent to, with the viewer's key."""

    assets_dir: Path = Path(".stack/web")
    """Folder of the script of the pages, which `python -m deploy.local.setup` fetches."""

    models_dir: Annotated[Folder, Field(validate_default=True)] = Path("triton_models")
    """The model repository, whose versions and cards are shown."""

    intents_file: FilePlace = Path("intents.json")
    """Added intents, which a correction may name; a relative path starts at the current folder."""

    services: Mapping[str, HttpUrl] = Field(default_factory=dict)
    """Base address of the health endpoint of each service, by name, as in `tidemill health`."""
