"""The page of compression says what was measured, and which goals were missed."""

import pytest

pytest.importorskip("matplotlib", reason="the training extra is not installed")

from training.studies.compression_page import Setting, goals_of, image, page
from training.studies.measure import Measured

SETTING = Setting(command="study", rows=3080, epochs=8, seed=7, processor="a CPU", onnxruntime="1.0")


def a_file(name: str, *, accuracy: float, rows_per_s: float, size_bytes: int) -> Measured:
    return Measured(
        name=name,
        accuracy=accuracy,
        agreement=99.5,
        size_bytes=size_bytes,
        rows_per_s=rows_per_s,
        alone_ms=1.0,
        peak_bytes=100_000_000,
    )


FILES = [
    a_file("fp32", accuracy=93.0, rows_per_s=500.0, size_bytes=90_000_000),
    a_file("int8", accuracy=92.9, rows_per_s=650.0, size_bytes=23_000_000),
    a_file("student, int8", accuracy=90.5, rows_per_s=2000.0, size_bytes=9_000_000),
]


def test_goals_stand_beside_figures_and_a_missed_one_is_called_so() -> None:
    verdicts = {goal.name: goal.verdict for goal in goals_of(FILES)}

    assert verdicts["int8: speed relative to fp32"] == "MISSED"
    assert verdicts["student, int8: speed relative to fp32"] == "pass"
    assert verdicts["student, int8: points of accuracy lost"] == "MISSED"


def test_each_file_has_its_line_with_multiples_of_the_first() -> None:
    text = page(FILES, SETTING)

    assert "| student, int8 | 90.50 | 99.50 | 9.0 (10 %) | 2,000 (4.00 x) | 1.00 | 100 |" in text
    assert "3,080 test questions" in text


def test_the_image_names_each_file() -> None:
    svg = image(FILES)

    assert all(row.name in svg for row in FILES)
