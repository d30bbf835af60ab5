"""Messages to measure with."""

from pathlib import Path

import pytest

from benchmarks.texts import real_texts, sample_texts
from shared.errors import ConfigError
from shared.inference.text import canonical_text


def test_no_sample_can_be_answered_from_memory() -> None:
    texts = sample_texts()

    assert len(texts) >= 10_000
    assert len({canonical_text(text).lower() for text in texts}) == len(texts)


def test_real_messages_come_once_each_and_the_test_set_first(tmp_path: Path) -> None:
    folder = tmp_path / "banking77"
    folder.mkdir()
    (folder / "test.csv").write_text("text,category\nWhere is it?,a\nwhere  is it?,a\n", encoding="utf-8")
    (folder / "train.csv").write_text("text,category\nStolen,b\nWhere is it?,a\n", encoding="utf-8")

    texts = real_texts(tmp_path)

    assert [text.lower() for text in texts] == ["where is it?", "stolen"]


def test_a_folder_without_messages_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="banking77"):
        real_texts(tmp_path)
