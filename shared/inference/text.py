"""Conversion of text into token ids, the same in training and serving."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from shared.errors import ConfigError

PAD_ID = 0
"""Fills the end of short rows; the models derive their attention mask from it."""

Ids = NDArray[np.int32]

# The escapes that occur in news and reviews. They may be nested (`&amp;lt;`): one pass undoes all layers.
_ESCAPES = {"lt": "<", "gt": ">", "quot": '"', "apos": "'", "#39": "'", "nbsp": " "}
_ESCAPE = re.compile(rf"&(?:amp;)*({'|'.join(_ESCAPES)});|&(?:amp;)+")
_LINK = re.compile(r"https?://[^\s<]+", re.IGNORECASE)
# Also an unclosed tag: else taking one tag out of another would leave a third.
_LINE_BREAK = re.compile(r"<br(?=[\s/<>]|$)\s*/?>?", re.IGNORECASE)
_CONTROLS = dict.fromkeys((*range(0x09), *range(0x0E, 0x20), *range(0x7F, 0xA0)), " ")


def canonical_text(text: str) -> str:
    """Return `text` in NFC with single spaces, without links, `<br />` tags, escapes and controls.

    Applying it twice changes nothing, so its result can be a cache key. Case is left to the tokenizer.
    """
    text = unicodedata.normalize("NFC", text.translate(_CONTROLS))
    text = _ESCAPE.sub(lambda match: _ESCAPES.get(match.group(1), "&"), text)
    # Again, because an accent may now follow a character that its escape kept away from it.
    text = unicodedata.normalize("NFC", text)
    return " ".join(_LINE_BREAK.sub(" ", _LINK.sub(" ", text)).split())


def blanked_text(text: str) -> str:
    """Return `text` with spaces in place of the parts that `canonical_text` removes.

    All else keeps its position, so positions in the result are positions in `text`.
    """
    text = _ESCAPE.sub(_plain_at_its_place, text.translate(_CONTROLS))
    return _LINE_BREAK.sub(_nothing_at_its_place, _LINK.sub(_nothing_at_its_place, text))


def _plain_at_its_place(escape: re.Match[str]) -> str:
    return _ESCAPES.get(escape.group(1), "&").ljust(len(escape.group()))


def _nothing_at_its_place(found: re.Match[str]) -> str:
    return " " * len(found.group())


def load_tokenizer(tokenizer_json: Path) -> Tokenizer:
    """Return the tokenizer in a `tokenizer.json`.

    Raises ConfigError when there is no such tokenizer: train or check out the model again.
    """
    try:
        return Tokenizer.from_file(str(tokenizer_json))
    except Exception as error:  # the library raises plain Exception for a missing or broken file
        raise ConfigError(
            f"{tokenizer_json}: no readable tokenizer ({error}); check the model folder out again"
        ) from error


class TextEncoder:
    """Encodes text as the token ids that one model was trained on."""

    def __init__(self, tokenizer: Tokenizer, *, max_tokens: int) -> None:
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_tokens)
        self._tokenizer = tokenizer

    @classmethod
    def load(cls, tokenizer_json: Path, *, max_tokens: int) -> Self:
        """Return the encoder in a `tokenizer.json`. Raises the errors of `load_tokenizer`."""
        return cls(load_tokenizer(tokenizer_json), max_tokens=max_tokens)

    def encode_batch(self, texts: Sequence[str]) -> list[Ids]:
        """Return the ids of each text, int32 [tokens], cut to `max_tokens`, unpadded."""
        return self.encode_canonical([canonical_text(text) for text in texts])

    def encode_canonical(self, texts: Sequence[str]) -> list[Ids]:
        """Return the same for texts that `canonical_text` has returned.

        Meant for one executor thread: it works one text at a time, since a longer batch would
        spread over all cores, and it lets other threads run meanwhile (`encode` would not).
        """
        encode = self._tokenizer.encode_batch_fast
        return [np.asarray(encode([text])[0].ids, dtype=np.int32) for text in texts]


def pad(batch: Sequence[Ids], length: int) -> Ids:
    """Return the rows of `batch` as int32 [batch, length], filled with `PAD_ID` at the end."""
    rows = np.full((len(batch), length), PAD_ID, dtype=np.int32)
    for row, ids in zip(rows, batch, strict=True):
        row[: len(ids)] = ids
    return rows
