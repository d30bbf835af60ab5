"""Settings classes of the services in the catalogue."""

from collections.abc import Mapping
from importlib import import_module

from shared.catalogue import SERVICES
from shared.settings import ServiceSettings

SETTINGS: Mapping[str, type[ServiceSettings]] = {
    module: import_module(f"{module}.settings").Settings
    for module in dict.fromkeys(service.module for service in SERVICES)
}
"""By module: each service has its class in `settings.py`."""
