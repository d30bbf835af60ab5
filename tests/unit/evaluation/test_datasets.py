"""A data set that is damaged is named in one line, whatever its format raises."""

import gzip
import lzma
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluation.datasets import csv_rows, digits, dishes, mobilenet_features, unlabelled_questions
from shared.errors import ConfigError
from tests.support.stripes import write_stripes

TABLE = ("text,label\n" + "".join(f"I am {number},{number % 3}\n" for number in range(200))).encode()


def damaged(content: bytes, *, at: float) -> bytes:
    """Return `content` with eight bytes overwritten, where its share `at` ends."""
    place = int(at * len(content))
    return content[:place] + 8 * b"\xee" + content[place + 8 :]


def zipped(**members: bytes) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"train/{name}.jpg", content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("table.csv.gz", damaged(gzip.compress(TABLE), at=0.5)),
        ("table.csv.gz", gzip.compress(TABLE)[:-20]),
        ("table.csv.xz", damaged(lzma.compress(TABLE), at=0.5)),
        ("table.csv.xz", lzma.compress(TABLE)[:-20]),
        ("table.csv", TABLE + b"\xff,1\n"),
    ],
)
def test_a_damaged_table_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(ConfigError, match=rf"{name}: .*docs/data\.md"):
        csv_rows(path, "text", "label")


def test_damaged_digits_are_named(tmp_path: Path) -> None:
    path = write_stripes(tmp_path) / "mnist" / "train-images-idx3-ubyte.gz"
    path.write_bytes(damaged(path.read_bytes(), at=0.5))

    with pytest.raises(ConfigError, match=r"train-images-idx3-ubyte\.gz: "):
        digits(tmp_path)


@pytest.mark.parametrize("at", [0.3, 0.97])
def test_a_damaged_archive_of_photos_is_named(tmp_path: Path, at: float) -> None:
    noise = np.random.default_rng(1).integers(0, 16, 4000, dtype=np.uint8).tobytes()
    folder = tmp_path / "food10"
    folder.mkdir()
    (folder / "classes.txt").write_text("pizza", encoding="utf-8")
    (folder / "train.zip").write_bytes(damaged(zipped(**{"pizza/1": noise}), at=at))

    with pytest.raises(ConfigError, match=r"train\.zip: "):
        dishes(tmp_path)


def test_damaged_weights_are_named(tmp_path: Path) -> None:
    path = tmp_path / "mobilenetv2" / "mobilenetv2_1.0_224_imagenet1001.npz"
    path.parent.mkdir()
    weights: dict[str, Any] = {"features.0": np.arange(4000.0)}
    np.savez_compressed(path, **weights)
    path.write_bytes(damaged(path.read_bytes(), at=0.5))

    with pytest.raises(ConfigError, match=r"imagenet1001\.npz: "):
        mobilenet_features(tmp_path)


@pytest.mark.parametrize("content", ["[", "[1]", '{"train": 1}', "{}"])
def test_json_of_another_shape_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "clinc150" / "data_full.json"
    path.parent.mkdir()
    path.write_text(content, encoding="utf-8")

    with pytest.raises(ConfigError, match=r"data_full\.json: "):
        unlabelled_questions(tmp_path)


def test_each_photo_comes_with_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "food10"
    folder.mkdir()
    (folder / "classes.txt").write_text("pizza ramen", encoding="utf-8")
    for part in ("train", "test"):
        (folder / f"{part}.zip").write_bytes(zipped(**{"ramen/2": b"two", "pizza/1": b"one"}))

    _, train, _ = dishes(tmp_path)

    assert [Path(name).name for name in train.names] == ["1.jpg", "2.jpg"]
    assert (list(train.files), train.labels.tolist()) == ([b"one", b"two"], [0, 1])
