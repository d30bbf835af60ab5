"""Cards of the models: read again when a version is added or removed."""

import asyncio
from pathlib import Path

import structlog
from pydantic import ValidationError

from services.dashboard.state.cards import Card
from services.dashboard.state.state import State
from shared.repository.versions import version_folders

_EVERY_S = 10.0

log = structlog.get_logger()


class Cards:
    """Reads the cards of a repository."""

    def __init__(self, repository: Path, state: State) -> None:
        self._repository = repository
        self._state = state
        self._read: dict[Path, int] = {}
        """Time of the last change of each card that was read."""

    async def run(self) -> None:
        """Look for changes until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(_EVERY_S)

    async def look(self) -> None:
        """Read the cards, if one has changed since."""
        found = await asyncio.to_thread(self._found)
        if found != self._read:
            self._read = found
            cards = await asyncio.to_thread(lambda: [card for path in found if (card := _card(path))])
            self._state.cards = tuple(cards)
            self._state.changed()

    def _found(self) -> dict[Path, int]:
        paths = [folder / "card.json" for folder in version_folders(self._repository)]
        return {path: path.stat().st_mtime_ns for path in paths if path.is_file()}


def _card(path: Path) -> Card | None:
    """Return a card; None for one that can't be read, as when a version is just being added."""
    try:
        card = Card.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        log.warning("card_unreadable", path=str(path), error=type(error).__name__)
        return None
    # A model that was trained as version 1 is the version that its folder is called.
    return card.model_copy(update={"version": path.parent.name})
