"""A student and a pruned network are smaller, and stay what they were made of."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training extra is not installed")
pytest.importorskip("transformers", reason="the training extra is not installed")

from torch import Tensor  # noqa: E402 -- only with the extra
from transformers import BertConfig, BertModel  # noqa: E402 -- only with the extra

from training.fitting.losses import objective_of  # noqa: E402
from training.fitting.train import fit  # noqa: E402
from training.networks.nets import BertClassifier  # noqa: E402
from training.recipes import Recipe  # noqa: E402
from training.rows.examples import Examples  # noqa: E402
from training.shrinking.distil import imitation, lesson_of, lesson_rows, student_of  # noqa: E402
from training.shrinking.prune import Parts, importance, most_important, pruned  # noqa: E402

PIECES, WIDTH, HEADS, NEURONS, LABELS = 30, 16, 4, 24, 3
RECIPE = Recipe(epochs=20, batch_size=8, learning_rate=5e-3, head_learning_rate=5e-3)


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def net() -> BertClassifier:
    torch.manual_seed(3)
    config = BertConfig(  # type: ignore[call-arg]  # its parent takes the last one
        vocab_size=PIECES,
        hidden_size=WIDTH,
        num_hidden_layers=3,
        num_attention_heads=HEADS,
        intermediate_size=NEURONS,
        max_position_embeddings=16,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        initializer_range=0.3,
        attn_implementation="eager",
    )
    body = BertModel(config, add_pooling_layer=False)  # type: ignore[no-untyped-call]
    net = BertClassifier(body, {"logits": LABELS}, dropout=0.0, pooled=True)
    return net.eval()


def rows(count: int) -> Examples:
    random = np.random.default_rng(4)
    inputs = [random.integers(1, PIECES, random.integers(2, 9)).astype(np.int32) for _ in range(count)]
    return Examples(inputs, {"logits": random.integers(0, LABELS, count)})


def inputs(examples: Examples) -> Tensor:
    ids: Tensor = torch.from_numpy(examples.input_array())
    return ids


def weight(net: BertClassifier, layer: int, part: str) -> Tensor:
    found: Tensor = net.get_parameter(f"body.encoder.layer.{layer}.{part}.weight")
    return found


def test_a_student_of_all_layers_answers_as_its_teacher_does(net: BertClassifier) -> None:
    some = inputs(rows(5))

    student = student_of(net, (0, 1, 2))

    torch.testing.assert_close(student(some)["logits"], net(some)["logits"])


def test_a_student_learns_to_answer_as_its_teacher_does_and_leaves_it_as_it_was(net: BertClassifier) -> None:
    labelled = rows(24)
    before = net(inputs(labelled))["logits"]
    student = student_of(net, (0, 2))
    lesson = lesson_of(net, lesson_rows(labelled, [np.array([5, 6, 7], dtype=np.int32)]))

    steps = fit(student, lesson.rows, RECIPE, augment=lambda ids: ids, objective=imitation(lesson))
    losses = [step.loss for step in steps]

    assert losses[-1] < losses[0] / 2
    torch.testing.assert_close(net(inputs(labelled))["logits"], before)


def test_a_lesson_holds_the_answer_to_each_row_in_the_order_of_the_rows(net: BertClassifier) -> None:
    labelled = rows(9)

    lesson = lesson_of(net, lesson_rows(labelled, [np.array([5, 6, 7], dtype=np.int32)]))

    alone = net(torch.tensor([[5, 6, 7]], dtype=torch.int32))["logits"][0]
    assert len(lesson.rows) == 10
    torch.testing.assert_close(lesson.logits[9], alone, atol=0.05, rtol=0.05)


def test_all_parts_kept_change_no_answer(net: BertClassifier) -> None:
    some = inputs(rows(5))
    everything = [Parts(torch.arange(HEADS), torch.arange(NEURONS))] * 3

    torch.testing.assert_close(pruned(net, everything)(some)["logits"], net(some)["logits"])


def test_parts_that_give_nothing_on_go_first_and_are_not_missed(net: BertClassifier) -> None:
    for layer in range(3):
        weight(net, layer, "attention.output.dense").data[:, : WIDTH // HEADS] = 0.0
        weight(net, layer, "output.dense").data[:, 10:] = 0.0
    examples = rows(16)

    scores = importance(net, examples, objective_of(RECIPE))
    smaller = pruned(net, most_important(scores, heads=3, neurons=10))

    some = inputs(examples)
    torch.testing.assert_close(smaller(some)["logits"], net(some)["logits"])
    assert weight(smaller, 0, "attention.self.query").shape == (12, WIDTH)
    assert weight(smaller, 0, "output.dense").shape == (WIDTH, 10)
