"""A table of texts and labels becomes training and test rows."""

import runpy
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the training extra is not installed")

from deploy.local.paths import ROOT
from shared.errors import ConfigError
from training.jobs.registry import job_of, model_names, recipe_of
from training.jobs.tables import read_table, table_job
from training.recipes import Table, bitext_intent

TABLE = Table(train="mood/train.csv", task="Tells a mood.", license="none needed", max_tokens=16)


def written(root: Path, name: str, rows: list[str]) -> None:
    path = root / "mood" / name
    path.parent.mkdir(exist_ok=True)
    # As spreadsheets write it, with a mark of the byte order in front.
    path.write_text("\n".join(["text,label", *rows]), encoding="utf-8-sig")


@pytest.fixture
def moods(tmp_path: Path) -> Path:
    """Return forty calm rows and twenty angry ones."""
    words = [(f"calm{number}", "calm") for number in range(40)]
    words += [(f"angry{number}", "angry") for number in range(20)]
    written(tmp_path, "train.csv", [f"I am {word},{label}" for word, label in words])
    return tmp_path


def test_each_label_gives_its_share_of_the_rows_that_test(moods: Path) -> None:
    rows = read_table(TABLE, moods)

    assert rows.label_names == ("angry", "calm")
    assert sorted(rows.test.labels.tolist()) == [0, 0, 1, 1, 1, 1]
    assert set(rows.train.texts) & set(rows.test.texts) == set()
    assert len(rows.train.texts) == 54


def test_the_rows_that_test_are_the_same_each_time(moods: Path) -> None:
    assert read_table(TABLE, moods).test.texts == read_table(TABLE, moods).test.texts


def test_a_test_file_is_used_whole_but_for_what_training_rows_say(moods: Path) -> None:
    written(moods, "test.csv", ["I AM CALM3,angry", "I am far,angry"])

    rows = read_table(replace(TABLE, test="mood/test.csv"), moods)

    assert len(rows.train.texts) == 60
    assert list(rows.test.texts) == ["I am far"]


def test_a_label_that_only_tests_is_refused_with_its_file(moods: Path) -> None:
    written(moods, "test.csv", ["I am lost,sad"])

    with pytest.raises(ConfigError, match=r"test\.csv: .*'sad'; known are 'angry', 'calm'"):
        read_table(replace(TABLE, test="mood/test.csv"), moods)


def test_a_label_that_is_too_rare_is_refused_with_the_file_that_lacks_it(moods: Path) -> None:
    written(moods, "train.csv", ["I am well,calm", "I am fine,calm", "I am mad,angry"])
    written(moods, "test.csv", ["I am lost,calm"])

    with pytest.raises(ConfigError, match=r"train\.csv: fewer than 2 rows .* label 'angry'"):
        read_table(replace(TABLE, test="mood/test.csv"), moods)


def test_a_text_that_tests_twice_counts_once(moods: Path) -> None:
    written(moods, "test.csv", ["I am far,angry", "i am FAR,angry", "I am near,calm"])

    rows = read_table(replace(TABLE, test="mood/test.csv"), moods)

    assert list(rows.test.texts) == ["I am far", "I am near"]


def test_a_test_file_that_only_repeats_training_rows_is_refused(moods: Path) -> None:
    written(moods, "test.csv", ["I am calm3,calm"])

    with pytest.raises(ConfigError, match=r"test\.csv: no row has a text that mood/train\.csv lacks"):
        read_table(replace(TABLE, test="mood/test.csv"), moods)


def test_a_label_whose_texts_stand_earlier_under_another_one_is_refused(moods: Path) -> None:
    words = [f"I am calm{number},calm" for number in range(20)]
    written(
        moods,
        "train.csv",
        [*words, "I am mad,angry", "I am furious,angry", "I AM CALM1,sad", "I am calm2,sad"],
    )

    with pytest.raises(ConfigError, match=r"label 'sad' \(a text that is there twice counts once, with its"):
        read_table(TABLE, moods)


@pytest.mark.parametrize(
    ("rows", "held"), [(["I am fine,calm", "I am well,calm", "I am here,calm"], "'calm'"), ([], "nothing")]
)
def test_fewer_than_two_labels_are_refused(moods: Path, rows: list[str], held: str) -> None:
    written(moods, "train.csv", rows)

    with pytest.raises(ConfigError, match=rf"column label holds {held}, .* needs two labels"):
        read_table(TABLE, moods)


def test_labels_that_a_recipe_names_keep_their_columns_and_their_test_rows(moods: Path) -> None:
    before = read_table(TABLE, moods)

    after = read_table(replace(TABLE, labels=("calm",)), moods)

    assert after.label_names == ("calm", "angry")
    assert after.test.texts == before.test.texts
    assert after.test.labels.tolist() == [1 - label for label in before.test.labels.tolist()]


def test_a_job_is_made_of_a_table_and_numbers_alone(moods: Path) -> None:
    job = table_job("mood", TABLE, moods, bitext_intent.RECIPE, None)

    assert job.model == "mood"
    assert job.spec.outputs["logits"].labels == ("angry", "calm")
    assert (len(job.train) + len(job.valid), len(job.test)) == (54, 6)
    assert job.facts.test_data["logits"].startswith("mood/train.csv, 10% of each label held out")


def test_more_tokens_than_the_encoder_has_places_for_are_refused(moods: Path) -> None:
    with pytest.raises(ConfigError, match="the encoder has 512 places; lower max_tokens"):
        table_job("mood", replace(TABLE, max_tokens=513), moods, bitext_intent.RECIPE, None)


def test_the_recipe_in_the_documents_is_one(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    path = tmp_path / "ticket_queue.py"
    path.write_text(page.partition("```python\n")[2].partition("```")[0], encoding="utf-8")

    recipe = runpy.run_path(str(path))

    assert (recipe["TABLE"].text, recipe["TABLE"].label) == ("text", "label")
    assert recipe["RECIPE"].epochs == 5


def test_a_recipe_with_a_table_is_found_by_itself() -> None:
    assert "bitext_intent" in model_names()
    assert recipe_of("bitext_intent") == bitext_intent.RECIPE


def test_the_page_of_data_sets_tells_what_the_example_reads() -> None:
    table = bitext_intent.TABLE
    folder, name = table.train.split("/")

    lines = (ROOT / "docs" / "data.md").read_text(encoding="utf-8").splitlines()
    (told,) = (line for line in lines if f"`{name}`" in line)

    assert told.startswith(f"| {folder}")
    assert f"`{table.text}`" in told
    assert f"`{table.label}`" in told


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="support_6480"):
        job_of("bitext_intent", tmp_path)
