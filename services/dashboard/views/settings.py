"""Settings of the dashboard that are in force, without any secret."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from services.dashboard.state.state import State
from services.dashboard.views.page import Ask, Page
from shared.environment import PREFIX


class Setting(NamedTuple):
    """A setting as it is listed."""

    variable: str
    value: str
    is_default: bool


def settings_of(group: BaseModel, prefix: str = PREFIX) -> Iterator[Setting]:
    """Yield each setting of a group, and of the groups in it, by the name of its variable."""
    for name, info in type(group).model_fields.items():
        value = getattr(group, name)
        variable = f"{prefix}{name.upper()}"
        if isinstance(value, BaseModel):
            yield from settings_of(value, f"{variable}__")
        else:
            yield Setting(variable, shown(value), value == info.get_default(call_default_factory=True))


def shown(value: object) -> str:
    """Return a value for people: of a secret whether it is set, of a URL no password."""
    match value:
        case None:
            return "not set"
        case SecretStr():
            return "set, not shown"
        case Mapping():
            return ", ".join(f"{name} {shown(each)}" for name, each in value.items()) or "none"
        case tuple() | list():
            return ", ".join(map(shown, value)) or "none"
        case _:
            return _without_user(str(value))


def _without_user(text: str) -> str:
    if "://" not in text or "@" not in text:
        return text
    parts = urlsplit(text)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def page(settings: BaseModel) -> Page:
    """Return the page, made of settings that stay as they are until the next start."""
    found = tuple(settings_of(settings))

    def values(state: State, ask: Ask) -> Mapping[str, Any]:
        del state, ask
        return {"settings": found}

    return Page(
        path="settings",
        title="Settings",
        template="settings.html",
        values=values,
        needs=None,
        beneath="health",
    )
