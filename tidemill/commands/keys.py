"""`tidemill keys`: makes, lists and revokes the keys of the gateway."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from shared.errors import ConfigError
from shared.keys.file import add_key, read_keys, revoke_key
from shared.keys.key import Key, new_key
from shared.keys.scope import Scope
from tidemill.connect import Connection
from tidemill.terminal import ERR, OUT, clean

_ALL = "all"
_NEXT = "the gateway knows it within a second"

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke the keys of the gateway.")


@app.command("add")
def add_command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who will use it, say shop.")],
    scopes: Annotated[
        list[str], typer.Option("--scope", help=f"Right of the key, again for each: {', '.join(Scope)}; all.")
    ],
    expires: Annotated[
        str | None, typer.Option(metavar="TIME", help="End: 90d, 12h, or 2027-01-31T00:00Z; else none.")
    ] = None,
) -> None:
    """Make a key and print its secret, which is shown this once and stored nowhere.

    \b
    tidemill keys add shop --scope messages:write --scope results:own
    tidemill keys add dashboard --scope all --expires 90d
    """  # noqa: D301 - \b is click's mark for lines to keep
    path = _file()
    made = new_key(clean(name)[:100] or "key", scopes_of(scopes), expires_at=expiry_of(expires))
    add_key(path, made)
    ERR.print(f"{made.key.id} added to {path}; {_NEXT}. The secret is shown this once:", soft_wrap=True)
    OUT.out(made.secret)


@app.command("list")
def list_command(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line a key.")] = False,
) -> None:
    """List the keys, without their secrets, which nobody has any more.

    \b
    tidemill keys list
    tidemill keys list --json
    """  # noqa: D301 - \b is click's mark for lines to keep
    for key in read_keys(_file()):
        if as_json:
            OUT.out(json.dumps(key.model_dump(mode="json", exclude={"sha256"})))
        else:
            OUT.print(_line(key), markup=False, soft_wrap=True)


@app.command("revoke")
def revoke_command(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `keys list` prints it.")],
) -> None:
    """Revoke a key: the gateway refuses it within a second, and ends its streams.

    \b
    tidemill keys revoke k1f0c22aa
    """  # noqa: D301 - \b is click's mark for lines to keep
    revoked = revoke_key(_file(), key_id)
    OUT.print(f"{revoked.id} ({revoked.name}) revoked; {_NEXT}", markup=False, soft_wrap=True)


def scopes_of(names: list[str]) -> frozenset[Scope]:
    """Return the scopes of these names; `all` means every one.

    Raises ConfigError, with the list, for a name that no scope has.
    """
    if unknown := sorted({*names} - {*Scope, _ALL}):
        raise ConfigError(
            f"{', '.join(map(clean, unknown))}: no such scope; there are {', '.join(Scope)}, all"
        )
    return frozenset(Scope) if _ALL in names else frozenset(map(Scope, names))


def expiry_of(text: str | None) -> datetime | None:
    """Return the end of a key, in UTC: of `90d` and `12h` from now on, else a time in ISO 8601.

    Raises ConfigError for another text, and for a time that is over.
    """
    if text is None:
        return None
    now = datetime.now(UTC)
    try:
        if span := re.fullmatch(r"(\d{1,5})([dh])", text):
            return now + int(span[1]) * timedelta(**{{"d": "days", "h": "hours"}[span[2]]: 1})
        end = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise ConfigError("--expires: write 90d, 12h, or a time such as 2027-01-31T00:00Z") from None
    end = (end if end.tzinfo else end.replace(tzinfo=UTC)).astimezone(UTC)
    if end <= now:
        raise ConfigError("--expires: this time is over; name one that is to come")
    return end


def _line(key: Key) -> str:
    state = key.fault(datetime.now(UTC)) or (
        f"until {key.expires_at:%Y-%m-%d %H:%M}" if key.expires_at else ""
    )
    scopes = "all" if key.scopes == frozenset(Scope) else " ".join(sorted(key.scopes))
    return "  ".join(filter(None, (key.id, clean(key.name), f"{key.created_at:%Y-%m-%d}", state, scopes)))


def _file() -> Path:
    path = Connection.from_environment().keys_file
    if path is None:
        raise ConfigError("set TIDEMILL__KEYS_FILE to the file of keys that the gateway reads as well")
    return path
