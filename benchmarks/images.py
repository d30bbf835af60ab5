"""Images for measurements: drawn digits, and photos of dishes when there is a data set."""

import base64
import io
import itertools
import random
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from PIL import Image

from deploy.local.samples.digits import draw_digits
from shared.errors import ConfigError
from shared.events import ImageKind, ImageReceived

PHOTO_SIZE_PX = (256, 192)


def images(count: int, data: Path | None) -> list[ImageReceived]:
    """Return `count` images, digits and dishes in turn.

    Raises ConfigError when `data` is given and has no photos.
    """
    digits = itertools.cycle((ImageKind.DIGIT, image.content) for image in draw_digits())
    dishes = ((ImageKind.DISH, file) for file in (_photos(data) if data else _blurs()))
    both = itertools.chain.from_iterable(zip(digits, dishes, strict=False))
    return [_event(number, *image) for number, image in enumerate(itertools.islice(both, count))]


def _event(number: int, kind: ImageKind, file: bytes) -> ImageReceived:
    return ImageReceived(
        event_id=uuid4(),
        occurred_at=datetime.now(UTC),
        case_id=f"case-{number}",
        kind=kind,
        content=base64.b64encode(file),
    )


def _photos(data: Path) -> Iterator[bytes]:
    path = data / "food10" / "test.zip"
    if not path.is_file():
        raise ConfigError(f"{path} is missing; name the folder of the data sets (docs/data.md)")
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".jpg"):
                yield archive.read(name)


def _blurs() -> Iterator[bytes]:
    """Yield photos without content, all different, of the size of a photo."""
    rng = random.Random(1)  # noqa: S311 - images, no secrets
    while True:
        rough = Image.frombytes("RGB", (32, 24), rng.randbytes(32 * 24 * 3))
        file = io.BytesIO()
        rough.resize(PHOTO_SIZE_PX, Image.Resampling.BICUBIC).save(file, format="JPEG", quality=85)
        yield file.getvalue()
