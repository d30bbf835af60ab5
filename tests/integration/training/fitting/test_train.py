"""The loop: what it reports, when it stops, and which weights it leaves behind."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training extra is not installed")

from torch import Tensor  # noqa: E402 -- from here on only with the extra
from transformers import BertConfig, BertModel  # noqa: E402

from shared.errors import ConfigError  # noqa: E402
from training.fitting.adversarial import push_of, word_embeddings  # noqa: E402
from training.fitting.train import Training, fit  # noqa: E402
from training.fitting.validate import accuracy_of  # noqa: E402
from training.networks.nets import BertClassifier, DigitClassifier, LstmClassifier, Net  # noqa: E402
from training.recipes import Recipe  # noqa: E402
from training.rows.examples import Examples  # noqa: E402

WORDS = 12
RECIPE = Recipe(epochs=3, batch_size=8, learning_rate=0.02, head_learning_rate=0.02, dropout=0.0)


pytestmark = pytest.mark.usefixtures("one_thread")


def rows(count: int, seed: int = 1) -> Examples:
    """Return texts that are of label 1 where they hold word 3."""
    random = np.random.default_rng(seed)
    inputs = [random.integers(4, WORDS, random.integers(2, 6)).astype(np.int32) for _ in range(count)]
    target = np.arange(count) % 2
    for row in inputs[1::2]:
        row[0] = 3
    return Examples(inputs, {"logits": target})


def an_lstm() -> LstmClassifier:
    torch.manual_seed(3)
    return LstmClassifier(words=torch.randn(WORDS, 6), hidden=5, dropout=0.0)


def a_bert(*outputs: str) -> BertClassifier:
    torch.manual_seed(3)
    shape = BertConfig(
        vocab_size=WORDS,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=16,
    )
    body = BertModel(shape, add_pooling_layer=False)  # type: ignore[no-untyped-call]  # transformers' own
    body.embeddings.word_embeddings.requires_grad_(requires_grad=False)
    return BertClassifier(body, dict.fromkeys(outputs or ("logits",), 2), dropout=0.0, pooled=True)


def unchanged(inputs: Tensor) -> Tensor:
    return inputs


def test_each_epoch_tells_its_loss_and_how_many_rows_held_back_are_right() -> None:
    net = an_lstm()

    steps = list(Training(net, rows(32), RECIPE, augment=unchanged, valid=rows(20, seed=2)).steps())

    ended = [step.epoch for step in steps if step.epoch is not None]
    assert [(step.number, step.count) for step in steps if step.epoch] == [(4, 12), (8, 12), (12, 12)]
    assert ended[0].loss == pytest.approx(np.mean([step.loss for step in steps[:4]]), abs=1e-4)
    assert ended[-1].accuracy == accuracy_of(net, rows(20, seed=2))


def test_several_outputs_are_judged_by_their_mean() -> None:
    net = a_bert("odd", "even")
    target = rows(20).targets["logits"]

    both = accuracy_of(net, Examples(rows(20).inputs, {"odd": target, "even": target}))

    alone = [accuracy_of(net, Examples(rows(20).inputs, {name: target})) for name in ("odd", "even")]
    assert both == pytest.approx(np.mean(alone))


def test_being_judged_changes_nothing_in_a_training() -> None:
    judged, alone = an_lstm(), an_lstm()

    list(Training(judged, rows(32), RECIPE, augment=unchanged, valid=rows(20, seed=2)).steps())
    list(fit(alone, rows(32), RECIPE, augment=unchanged))

    assert all(map(torch.equal, judged.parameters(), alone.parameters()))


def test_without_gain_the_training_stops_and_the_best_weights_stay() -> None:
    # Rows that are all called the same: what is learned tells half of them wrongly.
    valid = Examples(rows(20).inputs, {"logits": np.zeros(20, dtype=np.int64)})
    recipe = replace(RECIPE, epochs=9, patience=2)
    net = an_lstm()

    steps = list(Training(net, rows(32), recipe, augment=unchanged, valid=valid).steps())

    accuracies = [step.epoch.accuracy or 0.0 for step in steps if step.epoch is not None]
    assert len(accuracies) == accuracies.index(max(accuracies)) + 1 + 2 < 9
    assert accuracy_of(net, valid) == max(accuracies) > accuracies[-1]


def test_patience_without_rows_to_judge_by_is_refused() -> None:
    with pytest.raises(ConfigError, match="patience needs rows held back"):
        Training(an_lstm(), rows(8), replace(RECIPE, patience=1), augment=unchanged)


def test_averaged_weights_are_the_moving_mean_of_all_steps() -> None:
    net, plain = an_lstm(), an_lstm()
    weight = "heads.logits.weight"

    steps = fit(plain, rows(32), RECIPE, augment=unchanged)
    seen = [plain.get_parameter(weight).detach().clone() for _ in steps]
    list(fit(net, rows(32), replace(RECIPE, weight_averaging=0.5), augment=unchanged))

    mean = seen[0]
    for step, now in enumerate(seen[1:], start=1):
        kept = min(0.5, (1 + step) / (10 + step))
        mean = kept * mean + (1 - kept) * now
    torch.testing.assert_close(net.get_parameter(weight).detach(), mean)


def test_a_push_has_its_share_of_each_text_and_leaves_the_padding_alone() -> None:
    ids = torch.tensor([[5, 6, 7], [5, 0, 0]])
    vectors = torch.tensor([[[3.0], [0.0], [4.0]], [[2.0], [9.0], [9.0]]], requires_grad=True)
    vectors.grad = torch.tensor([[[0.0], [2.0], [0.0]], [[-0.1], [0.0], [0.0]]])

    push = push_of(ids, vectors, 0.1)

    assert push.squeeze(2).flatten().tolist() == pytest.approx([0.0, 0.5, 0.0, -0.2, 0.0, 0.0])


@pytest.mark.parametrize("make", [an_lstm, a_bert])
@pytest.mark.parametrize("consistency", [0.0, 0.5])
def test_training_against_pushed_words_learns_and_leaves_no_trace_in_the_net(
    make: Callable[[], Net], consistency: float
) -> None:
    net, fresh = make(), make().eval()
    recipe = replace(RECIPE, epochs=6, adversarial=0.05, consistency=consistency)

    losses = [step.loss for step in fit(net, rows(64), recipe, augment=unchanged)]

    fresh.load_state_dict(net.state_dict())
    text = torch.tensor([[3, 5]])
    assert losses[-1] < losses[0] / 1.5
    assert torch.equal(net(text)["logits"], fresh(text)["logits"])


def test_pushed_words_make_other_weights_than_plain_ones() -> None:
    pushed, plain = an_lstm(), an_lstm()

    losses = [
        next(fit(net, rows(32), replace(RECIPE, adversarial=size), augment=unchanged)).loss
        for net, size in ((pushed, 0.2), (plain, 0.0))
    ]

    assert losses[0] == losses[1]
    assert not torch.equal(pushed.heads["logits"].weight, plain.heads["logits"].weight)


def test_a_net_without_words_has_nothing_to_push() -> None:
    with pytest.raises(ConfigError, match="DigitClassifier has no word embeddings"):
        word_embeddings(DigitClassifier(dropout=0.0))
