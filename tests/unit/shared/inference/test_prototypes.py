"""Added intents: what a few sentences make, and how a running service sees them."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from structlog.testing import capture_logs

from shared.errors import ConfigError
from shared.inference.prototypes import (
    AddedIntents,
    IntentsFile,
    Prototypes,
    added_intent,
    read_intents,
    write_intents,
)
from shared.repository.bundle import ModelBundle, OutputSpec, Scope, TextSpec

SPEC = OutputSpec(labels=("card", "transfer"), scope=Scope(middle=2.0, steepness=3.0))
BUNDLE = ModelBundle(
    model="support_intent",
    version="1",
    folder=Path("nowhere"),
    spec=TextSpec(max_tokens=9, outputs={"logits": SPEC}),
    preprocessing_hash="a" * 64,
)
SENTENCES = ("a loan", "borrow money", "a credit", "lend me some", "a mortgage")
LOAN = added_intent("loan", SENTENCES, np.tile(np.array([0.0, 0.0, 1.0], np.float32), (5, 1)))


def a_row(logits: list[float], pooled: list[float]) -> dict[str, NDArray[np.float32]]:
    return {"logits": np.array(logits, np.float32), "pooled": np.array(pooled, np.float32)}


def test_a_prototype_has_length_one_and_lies_between_its_sentences() -> None:
    intent = added_intent("loan", ("a", "b"), np.eye(2, dtype=np.float32))

    assert intent.vector == pytest.approx((2**-0.5, 2**-0.5), abs=1e-5)


def test_a_foreign_message_near_a_prototype_gets_the_added_label() -> None:
    answer = Prototypes((LOAN,)).prediction(a_row([1.0, 0.0], [0.0, 0.0, 1.0]), SPEC)

    assert answer.label == "loan"
    assert answer.runner_up == "card"
    # Its energy is 1.3133: odds of exp(3 x 0.6867) = 7.85 that it is foreign, and twice that for loan.
    assert answer.confidence == pytest.approx(0.9401, abs=1e-4)


def test_a_message_that_is_known_and_torn_between_two_labels_keeps_one_of_them() -> None:
    answer = Prototypes((LOAN,)).prediction(a_row([4.2, 4.0], [0.0, 0.0, 1.0]), SPEC)

    assert (answer.label, answer.runner_up) == ("card", "transfer")


def test_a_message_that_the_model_knows_keeps_its_label_even_near_a_prototype() -> None:
    answer = Prototypes((LOAN,)).prediction(a_row([4.0, 0.0], [0.0, 0.0, 1.0]), SPEC)

    assert (answer.label, answer.runner_up) == ("card", "transfer")


def test_a_message_far_from_every_prototype_keeps_its_label_and_almost_its_confidence() -> None:
    row = a_row([6.0, 0.0], [1.0, 0.0, 0.0])

    before, after = Prototypes(()).prediction(row, SPEC), Prototypes((LOAN,)).prediction(row, SPEC)

    assert after.label == before.label == "card"
    assert after.confidence == pytest.approx(before.confidence, abs=1e-3)


def test_an_intent_added_twice_is_there_once() -> None:
    twice = AddedIntents.none_for(BUNDLE).with_intent(LOAN).with_intent(LOAN)

    assert [intent.name for intent in twice.intents] == ["loan"]
    assert twice.without("loan").intents == ()


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "intents.json"
    intents = AddedIntents.none_for(BUNDLE).with_intent(LOAN)

    write_intents(path, intents)

    assert read_intents(path) == intents
    assert [each.name for each in path.parent.iterdir()] == ["intents.json"]


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "intents.json"
    path.write_text("{")

    with pytest.raises(ConfigError, match=r"intents\.json is no usable list"):
        read_intents(path)


class SteppedClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now_s


def label_in(file: IntentsFile, bundle: ModelBundle = BUNDLE) -> str:
    return file.current(bundle).prediction(a_row([0.2, 0.0], [0.0, 0.0, 1.0]), SPEC).label


def test_a_running_service_sees_a_new_intent_a_second_later_and_forgets_a_removed_one(tmp_path: Path) -> None:
    path, clock = tmp_path / "intents.json", SteppedClock()
    file = IntentsFile(path, clock)
    labels = [label_in(file)]

    write_intents(path, AddedIntents.none_for(BUNDLE).with_intent(LOAN))
    labels.append(label_in(file))
    clock.now_s += 1.0
    labels.append(label_in(file))
    path.unlink()
    clock.now_s += 1.0
    labels.append(label_in(file))

    assert labels == ["card", "card", "loan", "card"]


def test_prototypes_of_another_version_of_the_model_judge_nothing(tmp_path: Path) -> None:
    path = tmp_path / "intents.json"
    older = replace(BUNDLE, preprocessing_hash="b" * 64)
    write_intents(path, AddedIntents.none_for(older).with_intent(LOAN))

    assert label_in(IntentsFile(path)) == "card"


def test_prototypes_judge_nothing_of_a_version_that_takes_over_and_serve_again_when_it_goes(
    tmp_path: Path,
) -> None:
    path, newer = tmp_path / "intents.json", replace(BUNDLE, version="2")
    write_intents(path, AddedIntents.none_for(BUNDLE).with_intent(LOAN))
    file = IntentsFile(path, SteppedClock())

    with capture_logs() as logs:
        labels = [label_in(file, bundle) for bundle in (BUNDLE, newer, BUNDLE, newer)]

    assert labels == ["loan", "card", "loan", "card"]
    assert [line["event"] for line in logs] == ["intents_read", "intents_of_another_model"]


def test_a_file_that_breaks_while_it_is_used_changes_nothing(tmp_path: Path) -> None:
    path, clock = tmp_path / "intents.json", SteppedClock()
    file = IntentsFile(path, clock)
    write_intents(path, AddedIntents.none_for(BUNDLE).with_intent(LOAN))
    before = label_in(file)

    path.write_text("{")
    os.utime(path, ns=(1, 1))
    clock.now_s += 1.0

    assert (before, label_in(file)) == ("loan", "loan")
