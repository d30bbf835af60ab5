"""`tidemill health`: health of each service."""

import asyncio

import aiohttp
import typer

from shared.errors import ConfigError
from tidemill.connect import Connection
from tidemill.services import HealthProbe
from tidemill.terminal import one_line, show


def command() -> None:
    """Ask every service whether it is alive and ready; exit code 1 when one is not.

    Those of the stack that runs here are found by themselves, others by settings.

    \b
    tidemill health
    TIDEMILL__SERVICES='{"support-bot": "http://10.0.0.7:8080"}' tidemill health
    """  # noqa: D301 - \b is click's mark for lines to keep
    services = Connection.from_environment().services
    if not services:
        raise ConfigError(
            "no stack runs here; start one with `make run`, or name yours in TIDEMILL__SERVICES"
        )
    answers = asyncio.run(_ask_all(dict(services)))
    for name, wrong in answers.items():
        show(one_line(f"{name:<20} {wrong or 'ready'}", "red" if wrong else "green"))
    raise typer.Exit(int(any(answers.values())))


async def _ask_all(services: dict[str, str]) -> dict[str, str | None]:
    answers = await asyncio.gather(*(_ask(url) for url in services.values()))
    return dict(zip(services, answers, strict=True))


async def _ask(url: str) -> str | None:
    for path, verdict in (("live", "not alive"), ("ready", "not ready")):
        try:
            await HealthProbe(f"{url}/health/{path}")()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return f"{verdict}: {error or 'no answer in time'}"
    return None
