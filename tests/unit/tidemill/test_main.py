"""Wrong use and wrong set-up: one clear line with the cure, exit code 2, no stack trace."""

import json
import shlex
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import cast

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from deploy.local.paths import RUN_DIR
from tests.unit.tidemill.reading.texts import a_pipe
from tidemill.__main__ import app, main
from tidemill.running import only_stack

ROOT = Path(__file__).parents[3]


def exit_code(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    """Return how `tidemill` with these arguments ends, run in the root of the repository."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["tidemill", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["play", "nowhere.csv", "--to", "messages"], "nowhere.csv can't be read: No such file"),
        (["play", "README.md", "--to", "messages"], "rows are read from .csv and .jsonl"),
        (["play", "README.md", "--to", "routed"], "routed takes no input; choose one of"),
        (["play", "docs", "--to", "images"], "images of what? add --kind"),
        (["play", "tidemill", "--to", "images", "--kind", "digit"], "tidemill holds nothing to play"),
        (["play", "README.md", "--to", "messages", "--column", "text"], "write it as FIELD=COLUMN"),
        (["play", "README.md", "--to", "messages", "--set", "=x"], "write it as FIELD=VALUE"),
        (["play", "nowhere.csv"], "--to"),
        (["watch", "nonsense"], "there is no topic nonsense; choose one of"),
        (["watch", "alerts", "--from", "end", "-n", "3"], "--from and --last exclude each other"),
        (["watch", "alerts", "--no-follow"], "--no-follow needs --from beginning or --last N"),
        (["dead", "list", "nonsense"], "there is no topic nonsense; choose one of"),
        (["lag", "--group", "mine"], "--group and --topic go together"),
        (["models", "show", "fish"], "there is no model fish"),
        (
            ["models", "compare", "digit", "digit", "--data", "rows.csv"],
            "rows.csv can't be read: No such file",
        ),
        (["fly"], "No such command"),
    ],
)
def test_wrong_use_is_said_in_one_line(
    arguments: list[str], complaint: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(monkeypatch, *arguments) == 2

    said = capsys.readouterr().err
    assert complaint in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("arguments", "given", "complaint"),
    [
        ([], b"text\nhello\n", "csv or jsonl? add --as csv or --as jsonl"),
        (["--as", "csv"], b"message\nhello\n", "- has no column text; it has message. Say where a field"),
        (["--as", "csv"], "text\nhello\n".encode("utf-16"), "- is utf-16, not utf-8: add --encoding utf-16"),
        (["--as", "csv"], b"PK\x03\x04 xl/", "- is an Excel workbook (.xlsx), not csv: save it as CSV UTF-8"),
        (["--as", "csv", "--timezone", "Mars"], b"text\nhello\n", "--timezone Mars: there is no such zone"),
        (["--as", "csv", "--encoding", "utf-99"], b"text\nhello\n", "utf-99: there is no such encoding"),
    ],
)
def test_what_makes_standard_input_useless_is_said_before_anything_is_connected_to(
    arguments: list[str],
    given: bytes,
    complaint: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stdin = a_pipe(given)
    monkeypatch.setattr(sys, "stdin", stdin)

    assert exit_code(monkeypatch, "play", "-", "--to", "messages", *arguments) == 2

    said = capsys.readouterr().err
    assert complaint in said
    assert said.count("\n") == 1
    stdin.close()


def test_the_version_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(monkeypatch, "--version") == 0

    assert capsys.readouterr().out == f"tidemill {version('tidemill')}\n"


@pytest.mark.parametrize("command", ["env", "open"])
def test_what_needs_a_running_stack_says_in_one_line_that_none_runs(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv(RUN_DIR, str(tmp_path))

    assert exit_code(monkeypatch, command) == 2

    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert said.err.startswith("tidemill: no stack runs here; start one")


def test_env_prints_the_addresses_of_the_running_stack_for_a_shell_and_as_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv(RUN_DIR, str(tmp_path))
    note = {
        "kafka": {"bootstrap": "127.0.0.1:1"},
        "redis": {"url": "redis://:canary@127.0.0.1:2/0"},
        "services": {"support-bot": "http://127.0.0.1:3"},
        "gateway_url": "http://127.0.0.1:4",
        "models_dir": "/srv/the models",
        "memory_bootstrap": "",
    }

    with only_stack() as publish, publish(note):
        assert (exit_code(monkeypatch, "env"), exit_code(monkeypatch, "env", "--json")) == (0, 0)

    *lines, as_json = capsys.readouterr().out.splitlines()
    variables = {
        "TIDEMILL__KAFKA__BOOTSTRAP": "127.0.0.1:1",
        "TIDEMILL__SERVICES": '{"support-bot": "http://127.0.0.1:3"}',
        "TIDEMILL__GATEWAY_URL": "http://127.0.0.1:4",
        "TIDEMILL__MODELS_DIR": "/srv/the models",
    }
    assert json.loads(as_json) == variables
    assert [shlex.split(line) for line in lines] == [
        ["export", f"{name}={value}"] for name, value in variables.items()
    ]


def test_a_wrong_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TIDEMILL__KAFKA__COMPRESSION", "lzma")

    assert exit_code(monkeypatch, "lag") == 2

    assert capsys.readouterr().err.startswith("tidemill: wrong settings: TIDEMILL__KAFKA__COMPRESSION")


def test_a_folder_without_models_is_named_with_the_cure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("TIDEMILL__MODELS_DIR", str(tmp_path))

    assert exit_code(monkeypatch, "models", "list") == 2

    assert "holds no models; run this in the repository" in capsys.readouterr().err


def test_a_card_goes_into_a_pipe_as_markdown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(monkeypatch, "models", "show", "digit@1") == 0

    assert capsys.readouterr().out == (ROOT / "triton_models/digit/1/card.md").read_text(encoding="utf-8")


def test_the_card_of_an_added_copy_has_its_own_version_in_the_heading(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "triton_models" / "digit", tmp_path / "digit")
    shutil.copytree(tmp_path / "digit" / "1", tmp_path / "digit" / "12")
    monkeypatch.setenv("TIDEMILL__MODELS_DIR", str(tmp_path))

    assert exit_code(monkeypatch, "models", "show", "digit") == 0

    heading, *rest = capsys.readouterr().out.splitlines()
    assert heading == "# digit, version 12"
    assert rest == (ROOT / "triton_models/digit/1/card.md").read_text(encoding="utf-8").splitlines()[1:]


def test_two_models_are_compared_text_by_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("text,label\ndull and bad,negative\n", encoding="utf-8")
    turned = tmp_path / "review_sentiment" / "1"
    shutil.copytree(ROOT / "triton_models/review_sentiment/1", turned)
    spec = (turned / "preprocessing.json").read_text(encoding="utf-8")
    other_way = spec.replace("negative", "?").replace("positive", "negative").replace("?", "positive")
    (turned / "preprocessing.json").write_text(other_way, encoding="utf-8")

    named = ("review_sentiment", str(turned))
    assert exit_code(monkeypatch, "models", "compare", *named, "--data", str(rows), "--json") == 0

    difference, total = map(json.loads, capsys.readouterr().out.splitlines())
    assert (difference["a"]["label"], difference["b"]["label"]) == ("negative", "positive")
    assert (total["summary"]["a_accuracy"], total["summary"]["b_accuracy"]) == (100.0, 0.0)


def names(group: TyperGroup, path: str = "") -> Iterator[str]:
    """Yield the name of every command, with the name of its group before it."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from names(command, f"{path}{name} ")
        else:
            yield f"{path}{name}"


@pytest.mark.parametrize("name", list(names(cast("TyperGroup", get_command(app)))))
def test_every_command_explains_itself_with_an_example(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(monkeypatch, *name.split(), "--help") == 0

    assert f"  tidemill {name}" in capsys.readouterr().out
