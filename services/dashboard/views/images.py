"""Images: each with the label that a model gave it, and its doubt."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.dashboard.state.state import State
from services.dashboard.state.times import time_of
from services.dashboard.views.page import Ask, Page
from shared.bus.record import Place, Record
from shared.events import ImageAnalyzed, ImageKind
from shared.keys.scope import Scope

_TILES = 36
_DOUBTFUL_BELOW = 0.6
"""Confidence below which a tile is marked: a person should look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """An image and what was seen in it."""

    event: ImageAnalyzed
    at: datetime
    image_id: str | None
    """Id of the received image; None where it is not kept any more, or the viewer may not see it."""

    is_doubtful: bool
    place: Place


def values(state: State, ask: Ask) -> Mapping[str, Any]:
    """Return the values of the page."""
    kinds = tuple(kind.value for kind in ImageKind)
    chosen = ask.get("kind") if ask.get("kind") in kinds else None
    found = [
        _tile(event, record, state, ask)
        for record, event in state.latest.events((ImageAnalyzed,), 200)
        if isinstance(event, ImageAnalyzed) and chosen in {None, event.kind}
    ]
    return {
        "kinds": kinds,
        "chosen": chosen,
        "count": len(found),
        "doubtful_count": sum(tile.is_doubtful for tile in found),
        "tiles": found[:_TILES],
        "may_see": ask.may(Scope.TEXT_READ),
    }


def _tile(event: ImageAnalyzed, record: Record, state: State, ask: Ask) -> Tile:
    image_id = str(event.cause_id)
    return Tile(
        event=event,
        at=time_of(record),
        image_id=image_id if ask.may(Scope.TEXT_READ) and image_id in state.images else None,
        is_doubtful=event.label.confidence < _DOUBTFUL_BELOW,
        place=Place(record.partition, record.offset),
    )


PAGE = Page(path="images", title="Images", template="images.html", values=values, filters=("kind",))
