"""Records of the sample streams: messages, news, images and hostile records."""

import base64
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from uuid import uuid5

from deploy.local.samples.load import digits, hostile, messages, news
from shared.bus.record import Outgoing
from shared.clock import utc_now
from shared.errors import ConfigError
from shared.events import Event, ImageKind, ImageReceived
from tidemill.player import outgoing
from tidemill.rows import NAMESPACE

PHOTOS_PER_DISH = 6


Sample = Callable[[], Outgoing]
"""Returns a record at the moment that it is sent, so that live events carry that time."""


def sample_streams(photos: Path | None) -> list[list[Sample]]:
    """Return four streams to play side by side: messages, news, images and hostile records.

    `photos` is the folder of the public data sets; its dish photos join the drawn digits. News keep
    their simulated days, as alerts go by the time of publication.
    """
    images: list[Event] = [*digits()]
    if photos is not None:
        images = _interleaved(images, list(dish_photos(photos / "food10" / "test.zip")))
    return [
        [partial(_live, event) for event in messages()],
        [partial(outgoing, event) for event in news()],
        [partial(_live, event) for event in images],
        [partial(Outgoing, each.topic, each.key, each.value, each.headers) for each in hostile()],
    ]


def _live(event: Event) -> Outgoing:
    return outgoing(event.model_copy(update={"occurred_at": utc_now()}))


def dish_photos(archive: Path) -> Iterator[ImageReceived]:
    """Yield the first photos of each dish. Raises ConfigError when the archive is not there."""
    if not archive.is_file():
        raise ConfigError(f"{archive} is missing: docs/data.md says where the photos come from")
    with zipfile.ZipFile(archive) as photos:
        for number, name in enumerate(_first_of_each(sorted(photos.namelist()))):
            dish = Path(name).parent.name
            yield ImageReceived(
                event_id=uuid5(NAMESPACE, name),
                occurred_at=utc_now(),
                case_id=f"photo-{number:03d} {dish}",
                kind=ImageKind.DISH,
                content=base64.b64encode(photos.read(name)),
            )


def _first_of_each(names: Sequence[str]) -> list[str]:
    """Return names of photos in an order in which the dishes alternate."""
    dishes: dict[str, list[str]] = {}
    for name in names:
        if name.endswith(".jpg"):
            dishes.setdefault(Path(name).parent.name, []).append(name)
    return [dish[turn] for turn in range(PHOTOS_PER_DISH) for dish in dishes.values() if turn < len(dish)]


def _interleaved(some: Sequence[Event], others: Sequence[Event]) -> list[Event]:
    """Return both sequences merged evenly, each in its own order."""
    places = [(index / len(events), event) for events in (some, others) for index, event in enumerate(events)]
    return [event for _, event in sorted(places, key=lambda place: place[0])]
