"""Settings of the gateway. Built once, in `__main__.py`."""

from shared.serving.settings import ServingSettings
from shared.settings import ListenSettings


class Settings(ServingSettings):
    """Settings of the gateway."""

    gateway: ListenSettings = ListenSettings(port=8000)
