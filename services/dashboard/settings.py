"""Settings of the dashboard. Built once, in `__main__.py`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from shared.addresses import HttpUrl
from shared.settings import Folder, ListenSettings, ServiceSettings


class Settings(ServiceSettings):
    """Settings of the dashboard."""

    dashboard: ListenSettings = ListenSettings(port=8001)

    gateway_url: HttpUrl = "http://127.0.0.1:8000"
    """The gateway that corrections and replays are sent to, with the viewer's key."""

    models_dir: Annotated[Folder, Field(validate_default=True)] = Path("triton_models")
    """The model repository, whose versions and cards are shown."""

    services: Mapping[str, HttpUrl] = Field(default_factory=dict)
    """Base address of the health endpoint of each service, by name, as in `tidemill health`."""
