"""Figures of the dashboard's first page, read from its table as a viewer would."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

import aiohttp

_ANSWERS_WITHIN_S = 5.0
_SHOWN_WITHIN_S = 10.0
_LOOK_EVERY_S = 0.25


async def shown_at(dashboard: str, expected: Mapping[str, int]) -> bool:
    """Return True once the first page shows these sums over all streams, False when it does not in time."""
    timeout = aiohttp.ClientTimeout(total=_ANSWERS_WITHIN_S)
    loop = asyncio.get_running_loop()
    until_s = loop.time() + _SHOWN_WITHIN_S
    async with aiohttp.ClientSession(timeout=timeout, raise_for_status=True) as session:
        while loop.time() < until_s:
            if expected.items() <= (await _figures(session, dashboard)).items():
                return True
            await asyncio.sleep(_LOOK_EVERY_S)
    return False


async def _figures(session: aiohttp.ClientSession, url: str) -> Mapping[str, int]:
    """Return the figures of a page; empty when it does not answer."""
    try:
        async with session.get(url) as answer:
            return figures_of(await answer.text())
    except (aiohttp.ClientError, OSError, TimeoutError):
        return {}


def figures_of(html: str) -> Mapping[str, int]:
    """Return the sum of each column of whole numbers in the first table of a page."""
    table = _FirstTable()
    table.feed(html)
    heads, *rows = table.rows or [[]]
    columns = zip(heads, *rows, strict=False)
    return {head: sum(map(_number, cells)) for head, *cells in columns if all(map(_is_number, cells))}


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _is_number(text: str) -> bool:
    return text.replace(",", "").isdecimal()


@dataclass
class _FirstTable(HTMLParser):
    """Parser that keeps the text of the cells of the first table."""

    rows: list[list[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._ended = False
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - as HTMLParser names it
        if self._ended:
            return
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self._ended |= tag == "table"
        self._in_cell &= tag not in {"td", "th"}

    def handle_data(self, data: str) -> None:
        if self._in_cell and not self._ended:
            self.rows[-1][-1] += data.strip()
