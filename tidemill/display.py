"""Displays of a run: a live screen on a terminal, lines of text anywhere else."""

import asyncio
from contextlib import AbstractContextManager
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live

from deploy.local.part import PartEvent, PartState
from shared.events import INPUTS, Event
from tidemill.lines import line
from tidemill.screen import addresses, screen, status
from tidemill.terminal import one_line, show
from tidemill.view import View

FRAMES_PER_S = 8
STATUS_EVERY_S = 5.0


class Display(AbstractContextManager["Display"], Protocol):
    """A display of a view that is told of each event and of each change of a part."""

    def show_event(self, event: Event) -> None:
        """Show an event that arrived."""
        ...

    def show_part(self, part: PartEvent) -> None:
        """Show a change of a part."""
        ...

    async def refresh(self) -> None:
        """Redraw the screen until cancelled."""
        ...


class LiveDisplay(AbstractContextManager["LiveDisplay"]):
    """Redraws the whole terminal several times a second."""

    def __init__(self, view: View, console: Console) -> None:
        self._view = view
        self._console = console
        self._live = Live(console=console, screen=True, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        """Switch the terminal to the live screen."""
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Restore the terminal."""
        self._live.stop()

    def show_event(self, event: Event) -> None:
        """Do nothing: the next frame shows it."""

    def show_part(self, part: PartEvent) -> None:
        """Do nothing: the next frame shows it."""

    async def refresh(self) -> None:
        """Draw until cancelled."""
        while True:
            size = self._console.size
            self._live.update(screen(self._view, width=size.width, height=size.height), refresh=True)
            await asyncio.sleep(1 / FRAMES_PER_S)


class PlainDisplay(AbstractContextManager["PlainDisplay"]):
    """Prints one line for each result, and the status every few seconds."""

    def __init__(self, view: View, console: Console) -> None:
        self._view = view
        self._console = console

    def __exit__(self, *_: object) -> None:
        """Print the last status."""
        show(status(self._view), self._console)

    def show_event(self, event: Event) -> None:
        """Print a result. Inputs are left out, because each has a result."""
        if not isinstance(event, INPUTS):
            show(line(event), self._console)

    def show_part(self, part: PartEvent) -> None:
        """Print a change of a part."""
        style = "red" if part.state is PartState.FAILED else ""
        show(one_line(f"{part.part} {part.state} {part.detail}", style), self._console)

    async def refresh(self) -> None:
        """Print the status every few seconds until cancelled."""
        while not self._view.broker:
            await asyncio.sleep(STATUS_EVERY_S)
            show(status(self._view), self._console)
        for told in addresses(self._view):
            show(one_line(told), self._console)
        while True:
            await asyncio.sleep(STATUS_EVERY_S)
            show(status(self._view), self._console)
