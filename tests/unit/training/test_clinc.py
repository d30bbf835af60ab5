"""The rows of the assistant that refuses."""

import json
from pathlib import Path

import pytest

from evaluation.datasets import assistant_questions
from shared.errors import ConfigError


def a_folder(root: Path, **changed: object) -> Path:
    parts = {
        "train": [
            ["turn it up", "louder"],
            ["I can not hear you", "louder"],
            ["hush now", "quieter"],
            ["turn it down", "quieter"],
        ],
        "val": [["a bit more", "louder"]],
        "test": [["a bit less", "quieter"]],
        "oos_val": [["who won", "oos"]],
        "oos_test": [["how tall is it", "oos"], ["why", "oos"]],
    }
    (root / "clinc150").mkdir()
    (root / "clinc150" / "data_full.json").write_text(json.dumps({**parts, **changed}))
    return root


def test_questions_out_of_scope_have_no_label_and_stay_apart(tmp_path: Path) -> None:
    rows = assistant_questions(a_folder(tmp_path))

    assert rows.label_names == ("louder", "quieter")
    assert rows.test.labels.tolist() == [1]
    assert rows.outside_test == ["how tall is it", "why"]
    assert "who won" in rows.outside_valid


def test_a_label_that_training_rows_lack_is_told_with_the_file(tmp_path: Path) -> None:
    root = a_folder(tmp_path, val=[["stop", "off"]])

    with pytest.raises(ConfigError, match=r"data_full\.json: .*unknown label 'off'"):
        assistant_questions(root)
