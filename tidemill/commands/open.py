"""`tidemill open`: the dashboard's page in the browser."""

import asyncio
import webbrowser

import aiohttp
import typer

from shared.errors import ConfigError
from tidemill.connect import Connection
from tidemill.terminal import ERR, OUT

_ANSWERS_WITHIN_S = 5.0


def command() -> None:
    """Open the page of the running stack in the browser, and print its address.

    The address alone is printed where there is no browser. Exit code 1 when the page does not answer, 2 when
    no stack runs here and no setting names a page.

    \b
    tidemill open
    TIDEMILL__DASHBOARD_URL=http://10.0.0.7:8001 tidemill open
    """  # noqa: D301 - \b is click's mark for lines to keep
    url = Connection.from_environment().dashboard_url
    if url is None:
        raise ConfigError(
            "no stack runs here; start one with `make run`, or name a page in TIDEMILL__DASHBOARD_URL"
        )
    OUT.out(url)
    if reason := asyncio.run(_why_not(url)):
        ERR.print(f"tidemill: the page does not answer: {reason}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1)
    webbrowser.open(url)


async def _why_not(url: str) -> str:
    """Return the reason why a page can't be had; empty when it can."""
    timeout = aiohttp.ClientTimeout(total=_ANSWERS_WITHIN_S)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url):
            return ""
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return str(error) or "no answer in time"
