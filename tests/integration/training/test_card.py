"""The card: figures, words and plots, the same for the same model."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the training extra is not installed")
pytest.importorskip("matplotlib", reason="the training extra is not installed")

from deploy.local.paths import MODELS
from evaluation.spans import SpanScore
from shared.errors import ConfigError
from shared.repository.bundle import OutputSpec, Scope, load_bundle
from shared.repository.manifest import CARD_FILES, manifest
from training.card import carded_again
from training.cards.content import Card, Run
from training.cards.page import card_markdown, write_card
from training.fitting.progress import Epoch
from training.jobs.identity import identity_job
from training.jobs.job import Facts
from training.rows.examples import UNKNOWN, Examples
from training.scoring.evaluate import Refusal, Report, Respelled, reports, with_out_of_scope, with_rounding
from training.scoring.speed import Speed

LOGITS = np.array([[4.0, 0.0], [3.0, 0.0], [0.0, 2.0], [1.0, 0.0], [9.0, 9.0]], dtype=np.float32)
TARGET = np.array([0, 0, 1, 1, UNKNOWN])
SPEC = OutputSpec(labels=("calm | quiet", "angry"), temperature=2.0)


def a_report() -> Report:
    rows = [np.ones(length, dtype=np.int32) for length in (2, 3, 4, 9, 5)]
    (report,) = reports({"logits": LOGITS}, Examples(rows, {"logits": TARGET}), {"logits": SPEC})
    return report


def a_card() -> Card:
    facts = Facts(
        task="Tells a mood.",
        architecture="one layer",
        data="letters",
        license="none",
        warning="For research only.",
        test_data={"logits": "letters, test"},
        limits=("Knows two moods.",),
        rival="Two layers: 76 %.",
    )
    return Card(
        model="mood",
        version="1",
        facts=facts,
        reports=(a_report(),),
        size_bytes=10,
        sha256={},
        run=Run(trained_s=60.0, parameters=1000, seed=7),
        speed=Speed(processor="a CPU", alone_ms=1.5, rows_per_s=99.0),
    )


def test_rows_without_a_known_label_count_nowhere() -> None:
    report = a_report()

    assert (report.n, report.accuracy) == (4, 75.0)
    assert sum(each.n for each in report.bins) == 4
    assert sum(each.n for each in report.lengths) == 4
    assert report.lengths[-1].tokens == 9
    assert report.lengths[-1].accuracy == 0.0


def test_a_report_tells_whom_it_fails_by_name() -> None:
    (mistake,) = a_report().confused

    assert (mistake.right, mistake.said, mistake.count, mistake.n) == ("angry", "calm | quiet", 1, 2)


def test_rounding_is_told_as_agreement_with_the_float_model() -> None:
    exact = LOGITS.copy()
    exact[3] = (0.0, 1.0)

    cost = with_rounding(a_report(), exact=exact, rounded=LOGITS, target=TARGET).rounding

    assert cost is not None
    assert (cost.float_accuracy, cost.agreement) == (100.0, 75.0)


def test_foreign_rows_that_are_answered_less_surely_are_told_apart() -> None:
    foreign = np.array([[0.1, 0.0]], dtype=np.float32)

    told = with_out_of_scope(a_report(), inside=LOGITS[:4], outside=foreign).out_of_scope

    assert told is not None
    assert (told.n, told.by_confidence, told.by_energy) == (1, 100.0, 100.0)


def test_refusal_is_counted_at_the_energy_that_held_back_rows_chose() -> None:
    inside = np.array([[9.0, 0.0], [5.0, 0.0], [1.0, 0.0]], dtype=np.float32)
    outside = np.array([[2.0, 0.0], [6.0, 0.0]], dtype=np.float32)
    scope = Scope(middle=4.0, steepness=1.0)

    told = with_out_of_scope(a_report(), inside=inside, outside=outside, scope=scope).out_of_scope

    assert told is not None
    assert told.refusal == Refusal(caught=50.0, kept=66.67)


def test_a_card_warns_before_it_says_anything_and_names_the_command_that_helps() -> None:
    lines = card_markdown(a_card(), []).splitlines()

    assert lines[2].startswith("**For research only.**")
    assert "`make train MODEL=mood DATA=DIR`" in lines[4]
    assert lines[6] == "Tells a mood."


def test_a_bar_in_a_label_does_not_split_its_cell() -> None:
    assert "| angry | calm \\| quiet | 1 of 2 |" in card_markdown(a_card(), [])


def test_what_else_was_trained_stands_under_the_figures() -> None:
    lines = card_markdown(a_card(), []).splitlines()

    assert lines.index("## How good") < lines.index("Two layers: 76 %.") < lines.index("## On whom it fails")


def test_seeds_are_told_with_their_mean_and_range() -> None:
    run = Run(trained_s=1.0, seeds={"logits accuracy": (93.0, 94.0, 95.0)})

    page = card_markdown(replace(a_card(), run=run), [])

    assert "| 3 trainings, each with its own seed | mean | from | to |" in page
    assert "| logits accuracy | 94.00 % | 93.00 % | 95.00 % |" in page


def test_a_model_without_rows_has_a_card_without_figures() -> None:
    page = card_markdown(replace(a_card(), reports=(), speed=None), [])

    assert "## How good" not in page
    assert "- Knows two moods." in page


def test_the_same_card_is_written_with_the_same_bytes(tmp_path: Path) -> None:
    run = Run(trained_s=1.0, curve=(Epoch(number=1, loss=2.0, accuracy=50.0),))
    contents = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        write_card(replace(a_card(), run=run), tmp_path / name)
        contents.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})

    assert contents[0] == contents[1]
    assert set(contents[0]) == set(CARD_FILES)
    assert max(map(len, contents[0].values())) < 60_000


def test_a_plot_of_an_older_card_does_not_stay(tmp_path: Path) -> None:
    (tmp_path / "learning.svg").touch()

    write_card(a_card(), tmp_path)

    assert not (tmp_path / "learning.svg").exists()


def test_who_is_interrupted_while_a_card_is_made_still_has_the_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = tmp_path / "1"
    version.mkdir()
    write_card(a_card(), version)
    before = {path.name: path.read_bytes() for path in version.iterdir()}

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("training.cards.page.plots", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_card(replace(a_card(), size_bytes=20), version)

    assert {path.name: path.read_bytes() for path in version.iterdir()} == before
    assert list(tmp_path.iterdir()) == [version]


def test_the_command_that_makes_it_again_names_what_the_recipe_does_not() -> None:
    run = Run(trained_s=1.0, epochs=3, encoder="our/bert")

    assert "`make train MODEL=mood DATA=DIR`" in card_markdown(a_card(), [])
    assert "`tidemill train mood --data DIR --epochs 3 --encoder our/bert`" in card_markdown(
        replace(a_card(), run=run), []
    )


def test_no_file_of_the_card_is_in_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"weights")
    write_card(a_card(), tmp_path)

    assert list(manifest(tmp_path)) == ["model.onnx"]


def test_a_card_made_again_keeps_what_only_the_training_knew(tmp_path: Path) -> None:
    shutil.copytree(MODELS / "identity", tmp_path / "identity")
    path = tmp_path / "identity" / "1" / "card.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "run": {"trained_s": 12.5, "seed": 3}}), encoding="utf-8")

    card = carded_again(identity_job(), load_bundle(tmp_path, "identity"))

    assert (card.run.trained_s, card.run.seed) == (12.5, 3)
    assert card.sha256 == content["sha256"]


def test_a_card_of_other_weights_is_not_made_again(tmp_path: Path) -> None:
    shutil.copytree(MODELS / "identity", tmp_path / "identity")
    with (tmp_path / "identity" / "1" / "model.onnx").open("ab") as weights:
        weights.write(b"x")

    with pytest.raises(ConfigError, match=r"tells of other weights; check the folder out again"):
        carded_again(identity_job(), load_bundle(tmp_path, "identity"))


def test_a_model_of_words_is_measured_by_whole_names_first() -> None:
    score = SpanScore(kind="all", precision=0.5, recall=0.25, f1=1 / 3, n=1200)
    told = (Respelled("in capitals", 0.25),)
    card = replace(a_card(), reports=(replace(a_report(), spans=(score,), respelled=told),))

    first = card.metrics[0]
    assert (first.metric, first.value, first.n) == ("logits entity F1", 33.33, 1200)
    page = card_markdown(card, ())
    assert "| all | 50.00 % | 25.00 % | 33.33 % | 1,200 |" in page
    assert "| in capitals | 25.00 % |" in page
