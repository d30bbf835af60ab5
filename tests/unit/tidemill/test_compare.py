"""Two models, text by text: where they differ, and who is right."""

import json
import shutil
from pathlib import Path

import pytest

from deploy.local.paths import MODELS
from shared.errors import ConfigError
from shared.repository.bundle import OutputSpec
from tidemill.answers import Said, answers_of
from tidemill.cards import find_model, read_cards
from tidemill.compare import Example, LabelledText, common_output, difference_lines, labelled_rows, summary
from tidemill.reading.found import Row

SPEC = OutputSpec(labels=("cat", "dog"))
BOTH = (SPEC, SPEC)


def an_example(right: str | None, a: str, b: str) -> Example:
    return Example(LabelledText("who\x1b[31m barks?", right), Said(a, 0.754), Said(b, 0.5))


def test_a_difference_shows_both_answers_and_who_is_right() -> None:
    text, answers = difference_lines(an_example("dog", "cat", "dog"))

    assert text.plain == "who [31m barks?"
    assert answers.plain == "  A 75 % cat   B 50 % dog   right: B"


def test_when_neither_is_right_the_right_label_is_shown() -> None:
    *_, answers = difference_lines(an_example("owl", "cat", "dog"))

    assert answers.plain.endswith("right: neither, it is owl")


def test_the_summary_counts_who_is_right_where_they_differ() -> None:
    examples = [
        an_example("dog", "dog", "dog"),
        an_example("dog", "cat", "dog"),
        an_example("owl", "cat", "dog"),
        an_example(None, "cat", "dog"),
    ]

    total = summary(examples)

    assert (total.texts, total.differing) == (4, 3)
    assert (total.a_right, total.b_right, total.neither_right) == (0, 1, 1)
    assert (total.a_accuracy, total.b_accuracy) == (33.33, 66.67)
    assert total.sentence().startswith("4 texts: 25.00 % alike, 3 differ: A is right in 0, B in 1")


def test_without_right_labels_nobody_is_called_right() -> None:
    total = summary([an_example(None, "cat", "dog")])

    assert total.sentence() == "1 texts: 0.00 % alike, 1 differ"


def test_labels_are_names_or_places_in_the_list_of_labels() -> None:
    rows: list[Row] = [{"text": "a", "label": "dog"}, {"text": "b", "label": "1"}, {"text": "c", "label": 0}]

    found = labelled_rows(rows, text="text", label=None, specs=BOTH)

    assert [row.right for row in found] == ["dog", "dog", "cat"]


def test_a_number_means_nothing_where_the_labels_stand_in_another_order() -> None:
    turned = OutputSpec(labels=("dog", "cat"))
    rows = [{"text": "a", "label": "1"}, {"text": "b", "label": "cat"}]

    found = labelled_rows(rows, text="text", label=None, specs=(SPEC, turned))

    assert [row.right for row in found] == ["1", "cat"]


def test_a_file_without_labels_is_compared_without_them() -> None:
    (row,) = labelled_rows([{"text": "a"}], text="text", label=None, specs=BOTH)

    assert row.right is None


@pytest.mark.parametrize(
    ("rows", "text", "label", "complaint"),
    [
        ([], "text", None, "the file has no rows"),
        ([{"review": "a"}], "text", None, "it has review. Name another with --text COLUMN"),
        ([{"text": "a"}], "text", "mood", "it has text. Name another with --label COLUMN"),
        ([{"text": "a", "label": "owl"}], "text", None, "no label in column label is one of the models'"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_the_cure(
    rows: list[dict[str, str]], text: str, label: str | None, complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        labelled_rows(rows, text=text, label=label, specs=BOTH)


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([{"text": "a", "label": "cat"}, {"text": "b"}], "row 2 has no label"),
        ([{"text": "a", "label": "cat"}, {"label": "cat"}], "row 2 has no text"),
        ([{"label": "cat", "text": "a"}, {"label": "cat", "text": None}], "row 2 has no text"),
    ],
    ids=["no label", "no text", "a line of a table that ends early"],
)
def test_a_row_that_lacks_its_text_or_label_is_named(rows: list[Row], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        labelled_rows(rows, text="text", label=None, specs=BOTH)


def test_a_label_that_is_empty_is_not_known() -> None:
    rows: list[Row] = [
        {"text": "a", "label": "cat"},
        {"text": "b", "label": None},
        {"text": "c", "label": ""},
    ]

    found = labelled_rows(rows, text="text", label=None, specs=BOTH)

    assert [row.right for row in found] == ["cat", None, None]


def test_models_are_compared_by_an_output_that_both_have() -> None:
    news, reviews = find_model("news_tone", MODELS), find_model("review_sentiment", MODELS)

    assert common_output(news, news, None) == "topic_logits"
    assert common_output(news, news, "sentiment_logits") == "sentiment_logits"
    with pytest.raises(ConfigError, match="both must have the output that is compared"):
        common_output(news, reviews, None)


@pytest.mark.parametrize("reference", ["digit", "digit@1", f"{MODELS}/digit", f"{MODELS}/digit/1"])
def test_a_model_is_named_by_itself_its_version_or_its_folder(reference: str) -> None:
    bundle = find_model(reference, MODELS)

    assert (bundle.model, bundle.version, bundle.folder) == ("digit", "1", MODELS / "digit" / "1")


def test_a_name_alone_means_the_newest_version(tmp_path: Path) -> None:
    for version in ("2", "10"):
        shutil.copytree(MODELS / "digit" / "1", tmp_path / "digit" / version)

    assert find_model("digit", tmp_path).version == "10"


@pytest.mark.parametrize("reference", ["fish", "digit@7", "/nowhere/digit"])
def test_a_model_that_is_not_there_is_named_beside_those_that_are(reference: str) -> None:
    with pytest.raises(ConfigError, match=rf"there is no model {reference}; .* holds .*digit, dish_photo"):
        find_model(reference, MODELS)


def test_a_card_of_the_first_form_is_read_too(tmp_path: Path) -> None:
    folder = tmp_path / "old" / "1"
    folder.mkdir(parents=True)
    metric = {"metric": "logits accuracy", "value": 90.0, "n": 10, "data": "letters"}
    card = {"model": "old", "version": "1", "size_bytes": 1, "metrics": [metric]}
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")

    assert [each.value for each in read_cards(tmp_path)[0].metrics] == [90.0]


def test_the_version_of_a_card_is_what_its_folder_is_called(tmp_path: Path) -> None:
    shutil.copytree(MODELS / "digit" / "1", tmp_path / "digit" / "2")

    assert [card.version for card in read_cards(tmp_path)] == ["2"]


def test_answers_come_in_the_order_of_the_texts() -> None:
    texts = ["a wonderful, moving, brilliant film " * 8, "dull and bad", "great fun"]

    together = answers_of(find_model("review_sentiment", MODELS), "logits", texts, address="")

    assert [said.label for said in together] == ["positive", "negative", "positive"]
    assert all(0.5 <= said.confidence <= 1.0 for said in together)
