"""The official test sets: only those are read that are asked for."""

from pathlib import Path

import pytest

from shared.errors import ConfigError
from shared.events import ImageReceived
from tests.support.stripes import write_stripes
from tidemill.exams import exams


def test_a_model_needs_its_own_data_set_only(tmp_path: Path) -> None:
    (exam,) = exams(write_stripes(tmp_path), ["digit"])

    assert (exam.model, len(exam.events), list(exam.expected[:3])) == ("digit", 50, ["0", "1", "2"])
    assert all(isinstance(event, ImageReceived) for event in exam.events)


def test_without_a_choice_every_data_set_is_needed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="banking77"):
        exams(write_stripes(tmp_path))


def test_a_model_without_a_test_set_is_named_with_those_that_have_one(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"no test set for identity; there are support_intent, news_tone, .*digit"
    ):
        exams(write_stripes(tmp_path), ["digit", "identity"])
