"""The audit fails on a known hole, and says so where it could not look."""

import json
from pathlib import Path

import pytest

from tests.architecture.audit import ask, verdict

SOUND = {"name": "idna", "version": "3.20", "vulns": []}
HOLE = {"name": "jinja2", "version": "3.1.0", "vulns": [{"id": "GHSA-1", "fix_versions": ["3.1.6"]}]}
SKIPPED = {"name": "own", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("found", "said", "code"),
    [
        ([SOUND], "no known vulnerability in 1 packages", 0),
        ([SOUND, HOLE], "jinja2 3.1.0: GHSA-1, mended in 3.1.6", 1),
        ([SKIPPED, HOLE], "jinja2 3.1.0: GHSA-1", 1),
        ([SOUND, SKIPPED], "could not ask about 1 of 2 packages: not audited", 0),
    ],
)
def test_a_known_hole_fails_and_what_was_passed_over_is_no_success(
    found: list[object], said: str, code: int
) -> None:
    line, exit_code = verdict(json.dumps({"dependencies": found, "fixes": []}))

    assert said in line
    assert exit_code == code


@pytest.mark.parametrize("answer", ["", "Traceback", "[]", "{}"])
def test_no_answer_is_said_in_one_line_and_passes(answer: str) -> None:
    assert verdict(answer) == ("could not ask for known vulnerabilities: not audited", 0)


def test_a_service_that_is_not_there_gives_no_answer(tmp_path: Path) -> None:
    pins = tmp_path / "pins.txt"
    pins.write_text("idna==3.20\n", encoding="ascii")

    answer = ask(pins, service=("--osv-url", "http://127.0.0.1:9/v1/query"))

    assert verdict(answer) == ("could not ask for known vulnerabilities: not audited", 0)


def test_an_audit_that_takes_too_long_is_ended() -> None:
    assert ask(Path("constraints.txt"), within_s=0.001) == ""
