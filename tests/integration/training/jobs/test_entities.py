"""Finding names: rows of tagged words, and a network that learns from them."""

import gzip
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training extra is not installed")

from transformers import BertConfig, BertModel  # noqa: E402 -- from here on only with the extra

from evaluation.tagged import TaggedRows, conll2003  # noqa: E402
from shared.errors import ConfigError  # noqa: E402
from shared.inference.words import PIECES, Shape, WordEncoder  # noqa: E402
from shared.repository.bundle import OutputSpec  # noqa: E402
from training.fitting.train import fit  # noqa: E402
from training.networks.nets import WordClassifier  # noqa: E402
from training.recipes import Recipe  # noqa: E402
from training.rows.augment import some_hidden, some_recased  # noqa: E402
from training.rows.examples import UNKNOWN, Examples, word_examples  # noqa: E402
from training.rows.vocabulary import learn_vocabulary  # noqa: E402
from training.scoring.evaluate import Respelled, reports, temperature, with_respelled  # noqa: E402
from training.shrinking.compress import CoarseEmbedding  # noqa: E402

LABELS = ("O", "B-place", "I-place")
SENTENCES = TaggedRows(
    [["to", "Al-Ain", ",", "now"], ["in", "New", "York"], ["go", "on"]],
    [["O", "B-place", "O", "O"], ["O", "B-place", "I-place"], ["O", "O"]],
)


@pytest.fixture
def examples() -> Examples:
    texts = [" ".join(words) for words in SENTENCES.words]
    encoder = WordEncoder(learn_vocabulary(2 * texts, size=200), max_tokens=32)
    return word_examples(encoder, LABELS, SENTENCES)


def a_network() -> WordClassifier:
    torch.manual_seed(1)
    shape = BertConfig(
        vocab_size=200, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    body = BertModel(shape, add_pooling_layer=False)  # type: ignore[no-untyped-call]  # it has no types
    body.embeddings.word_embeddings = CoarseEmbedding.rounded(body.embeddings.word_embeddings.weight.detach())
    return WordClassifier(body, len(LABELS), dropout=0.0)


def test_the_tags_of_conll_begin_every_span_and_documents_have_no_line(tmp_path: Path) -> None:
    lines = (
        "-DOCSTART- -X- O O\n\nEU NNP I-NP I-ORG\nPeter NNP I-NP I-PER\nPaul NNP I-NP B-PER\n\nNo DT I-NP O\n"
    )
    (tmp_path / "ner_conll2003").mkdir()
    for part in ("train", "testa", "testb"):
        (tmp_path / "ner_conll2003" / f"eng.{part}.gz").write_bytes(gzip.compress(lines.encode()))

    rows = conll2003(tmp_path)

    assert rows.train.words == [["EU", "Peter", "Paul"], ["No"]]
    assert rows.test.tags == [["B-organisation", "B-person", "B-person"], ["O"]]


def test_a_missing_data_set_of_tagged_words_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"eng\.train\.gz.*docs/data\.md"):
        conll2003(tmp_path)


def test_each_word_has_its_label_at_its_first_piece_and_a_token_may_be_several_words(
    examples: Examples,
) -> None:
    first, second, third = examples.targets["logits"]

    assert first[first != UNKNOWN].tolist() == [0, 1, 2, 2, 0, 0]
    assert second[second != UNKNOWN].tolist() == [0, 1, 2]
    assert (third[len(examples.inputs[2]) :] == UNKNOWN).all()


def test_rows_written_in_another_way_keep_their_tags_and_take_other_shapes() -> None:
    encoder = WordEncoder(
        learn_vocabulary(2 * [" ".join(words) for words in SENTENCES.words], size=200), max_tokens=32
    )

    plain = word_examples(encoder, LABELS, SENTENCES)
    upper = word_examples(encoder, LABELS, SENTENCES.written(str.upper))

    np.testing.assert_array_equal(upper.targets["logits"], plain.targets["logits"])
    for one, other in zip(plain.inputs, upper.inputs, strict=True):
        np.testing.assert_array_equal(one % PIECES, other % PIECES)
    shapes = upper.inputs[2] // PIECES
    assert set(shapes[shapes != Shape.NONE].tolist()) == {Shape.UPPER}


def test_names_are_counted_again_in_rows_written_in_another_way(examples: Examples) -> None:
    target = examples.targets["logits"]
    right = 9.0 * np.eye(len(LABELS), dtype=np.float32)[target.clip(min=0)]
    blind = np.zeros_like(right)
    blind[..., 0] = 9.0
    spec = OutputSpec(labels=LABELS)
    (report,) = reports({"logits": right}, examples, {"logits": spec})

    told = with_respelled(
        report,
        spec,
        said={"in small letters": right, "in capitals": blind},
        right={"in small letters": target, "in capitals": target},
    )

    assert told.respelled == [Respelled("in small letters", 1.0), Respelled("in capitals", 0.0)]


def test_some_rows_have_targets_as_long_as_the_longest_of_them(examples: Examples) -> None:
    part = examples.take(np.array([2]))

    assert part.targets["logits"].shape == part.input_array().shape


@pytest.mark.parametrize("consistency", [0.0, 1.0])
def test_a_network_learns_where_places_are(examples: Examples, consistency: float) -> None:
    net = a_network()
    recipe = Recipe(
        epochs=60, batch_size=2, learning_rate=1e-2, head_learning_rate=1e-2, consistency=consistency
    )

    losses = [step.loss for step in fit(net, examples, recipe, augment=lambda ids: ids)]

    with torch.no_grad():
        said = net(torch.from_numpy(examples.input_array()))["logits"].argmax(-1).numpy()
    known = examples.targets["logits"] != UNKNOWN
    assert losses[-1] < losses[0] / 4
    assert (said[known] == examples.targets["logits"][known]).mean() > 0.9


def test_how_a_word_is_written_matters_and_padding_does_not(examples: Examples) -> None:
    net = a_network().eval()
    torch.nn.init.normal_(net.heads["shapes"].weight)
    plain = torch.from_numpy(examples.input_array()[2:])

    with torch.no_grad():
        padded = net(plain)["logits"]
        alone = net(plain[:, : len(examples.inputs[2])])["logits"]
        capitals = net(torch.where(plain > 200, plain + 2**20, plain))["logits"]

    assert torch.allclose(padded[:, : alone.shape[1]], alone, atol=1e-5)
    assert not torch.allclose(capitals, padded, atol=1e-2)


def test_hidden_pieces_keep_the_shape_of_their_word(examples: Examples) -> None:
    ids = torch.from_numpy(examples.input_array())

    hidden = some_hidden(ids, 1.0, mask_id=3)

    assert torch.equal(hidden // 2**20, ids // 2**20)
    assert set((hidden % 2**20)[ids != 0].tolist()) == {3}


def test_the_report_of_labelled_words_scores_their_spans(examples: Examples) -> None:
    target = examples.targets["logits"]
    logits = np.eye(len(LABELS), dtype=np.float32)[np.where(target == UNKNOWN, 0, target)] * 9.0
    logits[1, target[1] == LABELS.index("I-place")] = [9.0, 0.0, 0.0]

    (report,) = reports({"logits": logits}, examples, {"logits": OutputSpec(labels=LABELS)})

    assert report.n == 11
    assert report.accuracy == pytest.approx(90.91)
    assert [(score.kind, score.f1, score.n) for score in report.spans] == [("all", 0.5, 2), ("place", 0.5, 2)]
    assert temperature(logits, target) > 0.0


def test_a_recased_row_has_all_words_capitalised_or_none(examples: Examples) -> None:
    torch.manual_seed(1)
    ids = torch.from_numpy(examples.input_array()[:1]).repeat(40, 1)

    recased = some_recased(ids, 1.0)

    rows = {tuple(Shape(shape) for shape in row if shape) for row in (recased // PIECES).tolist()}
    names = {shape for row in rows for shape in row} - {Shape.JOINT, Shape.MARK}
    assert len(rows) == 2
    assert names == {Shape.LOWER, Shape.CAPITALISED}
    assert torch.equal(recased % PIECES, ids % PIECES)
    assert torch.equal(some_recased(ids, 0.0), ids)
