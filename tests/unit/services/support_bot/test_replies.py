"""The table of answers: complete, short, and read strictly."""

import csv
from pathlib import Path

import pytest

from services.support_bot.replies import load_answers, read_answers
from shared.errors import ConfigError
from shared.events import Lane

ANSWERS = load_answers()


def test_each_of_the_77_intents_and_both_sentiments_has_an_answer() -> None:
    assert len(ANSWERS) == 77 + 2
    assert {label for label, answer in ANSWERS.items() if answer.queue == "reviews"} == {
        "positive",
        "negative",
    }


def test_a_file_of_ones_own_takes_its_place(tmp_path: Path) -> None:
    own = tmp_path / "ours.toml"
    own.write_text('[loans.dispute_fee]\nreply = "We look into it."\n', encoding="utf-8")

    assert list(load_answers(own)) == ["dispute_fee"]


@pytest.mark.parametrize(
    ("content", "said"), [(None, "can't be read"), (b"[", "ours.toml"), (b"\xff", "can't be")]
)
def test_a_file_that_is_no_table_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    own = tmp_path / "ours.toml"
    if content is not None:
        own.write_bytes(content)

    with pytest.raises(ConfigError, match=said):
        load_answers(own)


def test_the_labels_are_those_that_the_model_was_trained_on(data_dir: Path) -> None:
    with (data_dir / "banking77" / "train.csv").open(encoding="utf-8", newline="") as lines:
        labels = {row["category"] for row in csv.DictReader(lines)}

    assert labels == {label for label, answer in ANSWERS.items() if answer.queue != "reviews"}


@pytest.mark.parametrize(
    "label",
    [
        "compromised_card",
        "lost_or_stolen_card",
        "lost_or_stolen_phone",
        "cash_withdrawal_not_recognised",
        "card_payment_not_recognised",
        "direct_debit_payment_not_recognised",
    ],
)
def test_whatever_smells_of_theft_is_urgent(label: str) -> None:
    assert ANSWERS[label].urgent


def test_no_two_labels_share_a_reply() -> None:
    replies = [answer.reply for answer in ANSWERS.values()]

    assert len(set(replies)) == len(replies)


@pytest.mark.parametrize("label", ANSWERS)
def test_a_reply_has_one_to_three_whole_sentences(label: str) -> None:
    reply = ANSWERS[label].reply

    assert reply.endswith(".")
    assert 1 <= reply.count(". ") + 1 <= 3


def test_a_label_in_a_table_is_answered_at_once_unless_it_says_otherwise() -> None:
    answers = read_answers('[cards.card_arrival]\nreply = "Soon."')

    assert answers["card_arrival"].queue == "cards"
    assert answers["card_arrival"].lane is Lane.AUTO


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[cards.card_arrival]\nreply = 5", "reply"),
        ('[cards.card_arrival]\nreply = "Soon."\nlame = "auto"', "lame"),
        ('[cards.a]\nreply = "Soon."\n[transfers.a]\nreply = "Later."', "a stands in cards and transfers"),
        ("[cards", "replies.toml"),
    ],
)
def test_a_broken_table_is_refused_with_one_line_that_names_the_fault(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_answers(text)

    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)
