"""Vocabularies: pretrained ones with fewer pieces and narrower vectors, and newly learned ones."""

import json
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from torch import Tensor

from shared.inference.text import PAD_ID, canonical_text

_LAST_LATIN = "\u024f"
_UNKNOWN = "[UNK]"
MASK = "[MASK]"
"""Replaces a piece that is hidden in training."""
_SPREAD = 0.4
"""Standard deviation of narrowed vectors, about the most that an LSTM takes without saturating."""


def cut_vocabulary(
    tokenizer: Tokenizer, texts: Sequence[str], *, latin_words: bool = False
) -> tuple[Tokenizer, NDArray[np.int64]]:
    """Return a WordPiece tokenizer with fewer pieces, and the old id of each new id.

    It keeps the special pieces, every piece that `texts` need, and all Latin characters and word endings;
    with `latin_words` also all words in Latin letters. A word that loses its own piece is split into smaller
    ones.
    """
    tokenizer.no_truncation()
    tokenizer.no_padding()
    encoded = tokenizer.encode_batch_fast([canonical_text(text) for text in texts])
    needed = {piece for row in encoded for piece in row.ids}
    kept = [
        (piece, number)
        for piece, number in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
        if number in needed or _is_building_block(piece) or (latin_words and _is_latin_word(piece))
    ]
    layout = json.loads(tokenizer.to_str())
    layout["model"]["vocab"] = {piece: new for new, (piece, _) in enumerate(kept)}
    _renumber_special_pieces(layout)
    return Tokenizer.from_str(json.dumps(layout)), np.array([number for _, number in kept])


def _is_building_block(piece: str) -> bool:
    if piece in {"[PAD]", _UNKNOWN, "[CLS]", "[SEP]", MASK}:
        return True
    bare = piece.removeprefix("##")
    return _is_latin_word(bare) and (piece.startswith("##") or len(bare) == 1)


def _is_latin_word(piece: str) -> bool:
    """Return whether all characters are Latin; BERT's reserved pieces are not words."""
    return max(piece) <= _LAST_LATIN and not piece.startswith("[unused")


def _renumber_special_pieces(layout: dict[str, object]) -> None:
    """Update the ids in the three places of a `tokenizer.json` that repeat those of the vocabulary."""
    ids = layout["model"]["vocab"]  # type: ignore[index]
    for added in layout["added_tokens"]:  # type: ignore[attr-defined]
        added["id"] = ids[added["content"]]
    for special in layout["post_processor"].get("special_tokens", {}).values():  # type: ignore[attr-defined]
        special["ids"] = [ids[token] for token in special["tokens"]]


def narrowed(words: Tensor, width: int) -> Tensor:
    """Return word vectors [words, width] on the main axes of `words` (PCA), all of similar size.

    The row of the padding is zero.
    """
    centred = words.detach() - words.detach().mean(0)
    axes = torch.linalg.svd(centred, full_matrices=False).Vh[:width]
    projected: Tensor = centred @ axes.T
    projected *= _SPREAD / float(projected.std())
    projected[PAD_ID] = 0.0
    return projected.contiguous()


def learn_vocabulary(texts: Sequence[str], size: int) -> Tokenizer:
    """Return a new lower-casing WordPiece tokenizer of `size` pieces; id 0 is the padding."""
    tokenizer = Tokenizer(models.WordPiece(unk_token=_UNKNOWN))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=size, special_tokens=["[PAD]", _UNKNOWN, "[CLS]"], show_progress=False, min_frequency=2
    )
    tokenizer.train_from_iterator((canonical_text(text) for text in texts), trainer)
    # One piece in front, so that no text is ever of zero length.
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A", special_tokens=[("[CLS]", tokenizer.token_to_id("[CLS]"))]
    )
    return tokenizer
