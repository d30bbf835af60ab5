"""Folders of images: what can be sent is a row, everything else is counted or named."""

import base64
import io
import os
from collections import Counter
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from PIL import Image

from shared.errors import ConfigError
from shared.events import ImageKind
from shared.events.image import IMAGE_MAX_BYTES
from shared.inference.image import FORMATS
from tests.unit.tidemill.reading.photos import HEIC_OF_A_TURNED_CAMERA
from tidemill.reading import photos
from tidemill.reading.folder import image_folder
from tidemill.reading.found import Found, LeftOut, Reading

NAMESPACE = UUID(int=1)


def reading(folder: Path, *, shrink: bool = False) -> Reading:
    return image_folder(folder).rows(ImageKind.DISH, NAMESPACE, shrink=shrink, convert=photos.as_jpeg)


def found(folder: Path, *, shrink: bool = False) -> list[Found]:
    return [read for read in reading(folder, shrink=shrink) if isinstance(read, Found)]


def left_out(folder: Path) -> list[str]:
    return [str(read) for read in reading(folder) if isinstance(read, LeftOut)]


def content(read: Found) -> bytes:
    return base64.b64decode(read.row["content"])


def a_photo(size: tuple[int, int] = (8, 8), kind: str = "JPEG") -> bytes:
    noise = np.random.default_rng(1).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, kind)
    return file.getvalue()


def test_images_come_in_the_order_of_their_names_as_they_are(tmp_path: Path) -> None:
    for name in ("b.png", "a.jpg", "notes.txt"):
        (tmp_path / name).write_bytes(name.encode())

    first, second = found(tmp_path)

    assert (first.place, first.row["case_id"], first.row["kind"]) == ("a.jpg", "a.jpg", ImageKind.DISH)
    assert (content(first), content(second)) == (b"a.jpg", b"b.png")


def test_only_images_are_sent_that_the_services_can_read_and_others_are_counted(tmp_path: Path) -> None:
    names = {
        "JPEG": "a.JPG",
        "PNG": "b.png",
        "WEBP": "c.webp",
        "GIF": "d.gif",
        "BMP": "e.bmp",
        "TIFF": "f.tif",
    }
    for kind, name in names.items():
        Image.new("L", (8, 8)).save(tmp_path / name, kind)

    sent = {read.place for read in found(tmp_path)}

    assert sent == {names[kind] for kind in FORMATS}
    assert image_folder(tmp_path).passed_over == Counter({".bmp": 1, ".tif": 1})


def test_what_is_passed_over_is_said_by_its_kind_the_most_first(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.MOV", "c.mov", "d.mov", "README", "._a.jpg", ".DS_Store"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / ".thumbnails").mkdir()
    (tmp_path / ".thumbnails" / "a.jpg").write_bytes(b"x")
    (tmp_path / "again").symlink_to(tmp_path)

    folder = image_folder(tmp_path)

    assert [path.name for path in folder.paths] == ["a.jpg"]
    assert folder.passed_over_line() == (
        "passed over: 3 .mov, 3 hidden, 1 link to a folder, 1 without an ending"
    )


def test_a_folder_called_like_an_image_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "album.jpg").mkdir()
    (tmp_path / "album.jpg" / "a.jpg").write_bytes(b"x")

    assert [read.place for read in found(tmp_path)] == ["album.jpg/a.jpg"]


def test_images_that_can_not_be_read_are_named_and_the_others_sent(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "gone.jpg").symlink_to("nowhere.jpg")
    (tmp_path / "large.jpg").write_bytes(bytes(IMAGE_MAX_BYTES + 1))
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "round.jpg").symlink_to("round.jpg")

    assert [read.place for read in found(tmp_path)] == ["a.jpg"]
    assert left_out(tmp_path) == [
        "empty.jpg: the file is empty",
        "gone.jpg: a link to nowhere.jpg, which is not there",
        "large.jpg: 512 KiB, allowed are 512; --shrink sends it smaller",
        "pipe.jpg: no regular file",
        "round.jpg: Too many levels of symbolic links",
    ]


def test_a_name_that_is_not_utf_8_becomes_escapes(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.jpg")).write_bytes(b"x")

    (read,) = found(tmp_path)

    assert read.row["case_id"] == r"caf\xe9.jpg"


@pytest.mark.parametrize("names", [(), ("a.mov", "b.mov")])
def test_a_folder_without_images_is_refused_with_what_it_has(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / name).touch()

    with pytest.raises(ConfigError, match=r"holds nothing to play; (it is empty|passed over: 2 \.mov)$"):
        image_folder(tmp_path)


def test_heic_is_converted_and_turned_as_the_camera_was(tmp_path: Path) -> None:
    (tmp_path / "a.HEIC").write_bytes(HEIC_OF_A_TURNED_CAMERA)
    (tmp_path / "b.jpg").write_bytes(HEIC_OF_A_TURNED_CAMERA)  # as phones export it

    for read in found(tmp_path):
        image = Image.open(io.BytesIO(content(read)))
        grey = np.asarray(image.convert("L"))

        assert (image.format, image.size, dict(image.getexif())) == ("JPEG", (64, 64), {})
        assert (grey[:, :30].max() < 60, grey[:, 34:].min() > 200) == (True, True)
        assert read.note == "converted from HEIC"
    assert image_folder(tmp_path).passed_over == Counter()


def test_without_its_decoder_heic_is_passed_over_with_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photos, "find_spec", lambda _: None)
    (tmp_path / "a.HEIC").write_bytes(HEIC_OF_A_TURNED_CAMERA)
    (tmp_path / "b.jpg").write_bytes(HEIC_OF_A_TURNED_CAMERA)

    line = image_folder(tmp_path).passed_over_line()

    assert line == "passed over: 1 .heic (pip install pi-heif, and they are converted)"
    assert left_out(tmp_path) == ["b.jpg: a HEIC photo: pip install pi-heif, and they are converted"]


@pytest.mark.parametrize(
    "damaged", [HEIC_OF_A_TURNED_CAMERA[:300], HEIC_OF_A_TURNED_CAMERA[:-60], b"\0\0\0\x18ftypheic"]
)
def test_a_damaged_heic_photo_is_named(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / "a.heic").write_bytes(damaged)

    (reason,) = left_out(tmp_path)

    assert reason.startswith("a.heic: can't be converted: ")
    assert "Error" not in reason


def test_a_heic_photo_of_too_many_pixels_is_refused_by_its_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photos, "MAX_PIXELS", 64 * 63)
    (tmp_path / "a.heic").write_bytes(HEIC_OF_A_TURNED_CAMERA)

    assert left_out(tmp_path) == ["a.heic: 64 x 64 pixels, allowed are 4,032"]


def test_a_large_image_is_made_smaller_where_that_is_asked_for(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.effect_noise((2400, 1200), 80).convert("RGB")
    image.save(tmp_path / "a.jpg", quality=95, exif=exif)

    (read,) = found(tmp_path, shrink=True)

    assert len(content(read)) <= IMAGE_MAX_BYTES
    assert Image.open(io.BytesIO(content(read))).size == (800, 1600)
    assert read.note == "made smaller"


def test_a_large_file_that_is_no_image_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(bytes(IMAGE_MAX_BYTES + 1))

    (read,) = reading(tmp_path, shrink=True)

    assert str(read).startswith("a.jpg: can't be converted: ")


def test_an_image_keeps_its_id_when_others_join_the_folder(tmp_path: Path) -> None:
    (tmp_path / "b.png").write_bytes(b"b")
    before = found(tmp_path)[0].row["event_id"]
    (tmp_path / "a.png").write_bytes(b"a")

    assert found(tmp_path)[1].row["event_id"] == before


def test_another_image_of_the_same_name_has_another_id(tmp_path: Path) -> None:
    ids = set()
    for written in (b"one", b"two"):
        (tmp_path / "a.png").write_bytes(written)
        ids.add(found(tmp_path)[0].row["event_id"])

    assert len(ids) == 2
