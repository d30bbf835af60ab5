"""`tidemill env`: the addresses of the running stack, as variables of a shell."""

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from shared.environment import PREFIX
from shared.errors import ConfigError
from tidemill.running import running_stack
from tidemill.terminal import OUT


def command(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of shell lines.")] = False,
) -> None:
    """Print where Kafka, Triton, Redis and the services of the running stack are; exit code 2 without one.

    The commands find the stack by themselves; this is for programs of your own, and for other shells. An
    address with a password in it is left out.

    \b
    eval "$(tidemill env)"
    tidemill env --json | jq -r .TIDEMILL__KAFKA__BOOTSTRAP
    """  # noqa: D301 - \b is click's mark for lines to keep
    noted = running_stack()
    if not noted:
        raise ConfigError("no stack runs here; start one with `make run` or `tidemill run`")
    variables = dict(variables_of(noted))
    if as_json:
        OUT.out(json.dumps(variables))
        return
    for name, value in variables.items():
        OUT.out(f"export {name}={shlex.quote(value)}")


def variables_of(noted: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the settings of a note as names and values of variables, without secrets and empty values."""
    for name, value in _flat(noted, PREFIX.removesuffix("__")):
        if value and urlsplit(value).password is None:
            yield name, value


def _flat(settings: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for name, value in settings.items():
        here = f"{path}__{name.upper()}"
        if name == "services":  # a variable can't have the name of a service in its own
            yield here, json.dumps(value)
        elif isinstance(value, Mapping):
            yield from _flat(value, here)
        else:
            yield here, str(value)
