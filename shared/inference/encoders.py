"""Encoders of a bundle: text or words to token ids."""

from shared.inference.text import TextEncoder
from shared.inference.words import WordEncoder
from shared.repository.bundle import ModelBundle


def text_encoder(bundle: ModelBundle) -> TextEncoder:
    """Return a new encoder of this model's text, for one thread.

    Raises ConfigError when the bundle is of another kind of model, or its tokenizer is missing.
    """
    return TextEncoder.load(bundle.tokenizer_json, max_tokens=bundle.text_spec().max_tokens)


def word_encoder(bundle: ModelBundle) -> WordEncoder:
    """Return a new encoder of this model's words, for one thread.

    Raises ConfigError when the bundle is of another kind of model, or its tokenizer is missing.
    """
    return WordEncoder.load(bundle.tokenizer_json, max_tokens=bundle.words_spec().max_tokens)
