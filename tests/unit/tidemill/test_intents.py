"""`tidemill intents`: sentences in, a list of intents beside the model out."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from shared.errors import ConfigError
from shared.inference.prototypes import AddedIntents, read_intents, write_intents
from tidemill.commands import intents
from tidemill.commands.intents import app, sentences_of

SENTENCES = ["I want a loan", "Lend me money", "How do I borrow?", "Is there a credit?", "A mortgage please"]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the intents go; the model's vectors are made up."""
    path = tmp_path / "intents.json"
    monkeypatch.setenv("TIDEMILL__INTENTS_FILE", str(path))
    monkeypatch.setattr(intents, "output_of", made_up)
    return path


def made_up(_bundle: object, _output: str, texts: list[str], _address: str) -> NDArray[np.float32]:
    return np.tile(np.array([0.6, 0.8], np.float32), (len(texts), 1))


def a_file(folder: Path, lines: list[str]) -> Path:
    path = folder / "examples.txt"
    path.write_text("\n".join(lines))
    return path


def test_an_intent_is_added_listed_and_removed(file: Path, tmp_path: Path) -> None:
    run = CliRunner()

    added = run.invoke(app, ["add", "loan", "--examples", str(a_file(tmp_path, SENTENCES))])
    listed = run.invoke(app, ["list", "--json"])
    removed = run.invoke(app, ["remove", "loan"])

    assert (added.exit_code, listed.exit_code, removed.exit_code) == (0, 0, 0)
    assert '"name": "loan"' in listed.stdout
    left = read_intents(file)
    assert left is not None
    assert left.intents == ()


def test_an_intent_of_the_model_itself_can_not_be_added(file: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["add", "age_limit", "--examples", str(a_file(tmp_path, SENTENCES))])

    assert isinstance(result.exception, ConfigError)
    assert "label of support_intent already" in str(result.exception)
    assert not file.exists()


def test_intents_of_another_model_are_refused_until_they_are_refreshed(file: Path, tmp_path: Path) -> None:
    run, examples = CliRunner(), str(a_file(tmp_path, SENTENCES))
    run.invoke(app, ["add", "loan", "--examples", examples])
    made = read_intents(file)
    assert made is not None
    write_intents(file, AddedIntents(**{**dict(made), "preprocessing_hash": "0" * 64}))

    refused = run.invoke(app, ["add", "mortgage", "--examples", examples])
    refreshed = run.invoke(app, ["refresh"])

    assert isinstance(refused.exception, ConfigError)
    assert "tidemill intents refresh" in str(refused.exception)
    assert refreshed.exit_code == 0
    assert read_intents(file) == made


def test_equal_sentences_and_empty_lines_do_not_count(tmp_path: Path) -> None:
    assert sentences_of(a_file(tmp_path, [*SENTENCES, "", SENTENCES[0], "   "])) == tuple(SENTENCES)


def test_too_few_sentences_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="4 different sentences; give 5 to 100"):
        sentences_of(a_file(tmp_path, SENTENCES[:4]))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "examples.txt"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ConfigError, match="is not UTF-8"):
        sentences_of(path)
