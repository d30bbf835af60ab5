"""How the command line speaks: results on stdout, everything else on stderr."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

OUT = Console(highlight=False)
ERR = Console(stderr=True, highlight=False)

_LATEST_S = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


def show(text: Text, console: Console = OUT) -> None:
    """Print one line: cut at the edge of a terminal, whole into a pipe or a file."""
    if console.is_terminal:
        console.print(text, no_wrap=True, overflow="ellipsis")
    else:
        console.print(text, soft_wrap=True)


def one_line(text: str, style: str = "") -> Text:
    """Return text that stays on one line, cut at the terminal's edge, and is never read as markup."""
    return Text(_printable(text), style=style, no_wrap=True, overflow="ellipsis")


def clean(text: str) -> str:
    """Return what someone wrote on one line, without runs of blanks."""
    return " ".join(_printable(text).split())


def _printable(text: str) -> str:
    """Return text without line breaks and control characters: no message steers a terminal."""
    return "".join(char if char.isprintable() else " " for char in text)


@contextmanager
def counting_bar(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show on a terminal how many of `total` are done; yield the function that takes the count so far."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=ERR, disable=not ERR.is_terminal) as progress:
        bar = progress.add_task(what, total=total)
        yield lambda count: progress.update(bar, completed=count)


def time_of(timestamp_ms: int) -> datetime:
    """Return the time of a record, in UTC; one that no calendar has is moved to its edge."""
    return datetime.fromtimestamp(min(max(timestamp_ms / 1000, 0.0), _LATEST_S), UTC)


def clock_time(instant: datetime) -> str:
    """Return the local time of day."""
    return instant.astimezone().strftime("%H:%M:%S")


def day_time(instant: datetime) -> str:
    """Return day and time of an event, in UTC as it was published."""
    return instant.astimezone(UTC).strftime("%d %b %H:%M")


def percent(share: float) -> str:
    """Return a share as whole percent, right-aligned; what is not certain never reads as certain."""
    return f"{min(int(share * 100), 99) if share < 1 else 100:>2} %"
