"""Jobs of the models that find names in texts."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from evaluation.tagged import TaggedSet, conll2003, wnut17
from shared.inference.spans import tags_of
from shared.inference.words import PIECES, Shape, WordEncoder
from shared.repository.bundle import OutputSpec, WordsSpec
from shared.repository.config import ModelConfig, Placement, TensorConfig
from training.jobs.bert import INT8_LIMIT, wordy_encoder, wordy_name
from training.jobs.job import COMPARED, Facts, Job, Storage
from training.networks.nets import WordClassifier
from training.recipes import Recipe, entities
from training.rows.augment import some_hidden, some_recased
from training.rows.examples import word_examples
from training.rows.vocabulary import MASK


@dataclass(frozen=True, slots=True, kw_only=True)
class _Corpus:
    """The properties in which two data sets of tagged words differ."""

    model: str
    read: Callable[[Path], TaggedSet]
    facts: Facts


def entities_job(root: Path, recipe: Recipe, encoder: str | None) -> Job:
    """Return the job of a model that finds names in news."""
    return _job(_NEWS, root, recipe, encoder)


def entities_wnut_job(root: Path, recipe: Recipe, encoder: str | None) -> Job:
    """Return the job of a model that finds new and rare names in messages: same recipe, harder rows."""
    return _job(_MESSAGES, root, recipe, encoder)


def _job(corpus: _Corpus, root: Path, recipe: Recipe, encoder: str | None) -> Job:
    rows = corpus.read(root)
    learned = rows.train + rows.valid
    body, tokenizer = wordy_encoder(encoder, [" ".join(words) for words in learned.words])
    labels, mask_id = tags_of(rows.kinds), tokenizer.get_vocab()[MASK]
    words = WordEncoder(tokenizer, max_tokens=entities.MAX_TOKENS)
    train, valid = word_examples(words, labels, learned).split(recipe.valid_share, recipe.seed)
    return Job(
        config=_config(corpus.model, len(labels)),
        gpu=Placement(kind="GPU"),
        net=WordClassifier(body, len(labels), dropout=recipe.dropout),
        recipe=recipe,
        train=train,
        valid=valid,
        test=word_examples(words, labels, rows.test),
        respelled={
            how: word_examples(words, labels, rows.test.written(write)) for how, write in _SPELLINGS.items()
        },
        spec=WordsSpec(max_tokens=entities.MAX_TOKENS, outputs={"logits": OutputSpec(labels=labels)}),
        tokenizer=tokenizer,
        example=_EXAMPLE,
        storage=Storage.INT8,
        facts=replace(corpus.facts, architecture=f"{wordy_name(encoder)}; {_HEAD}"),
        augment=lambda ids: some_recased(
            some_hidden(ids, entities.HIDDEN_SHARE, mask_id), entities.RECASED_SHARE
        ),
    )


def _config(model: str, label_count: int) -> ModelConfig:
    return ModelConfig(
        name=model,
        inputs=(TensorConfig("input_ids", "INT32", (-1,)),),
        outputs=(TensorConfig("logits", "FP32", (-1, label_count)),),
        max_batch_size=128,
        placement=Placement(instance_count=2),
        parameters={"intra_op_thread_count": "1"},
    )


_EXAMPLE = torch.tensor(
    [[1, 2 + Shape.LOWER * PIECES, 3 + Shape.UPPER * PIECES, 4], [1, 2 + Shape.MARK * PIECES, 3, 0]],
    dtype=torch.int32,
)
_SPELLINGS = {
    "with a capital at every word": lambda word: word[:1].upper() + word[1:],
    "in small letters": str.lower,
    "in capitals": str.upper,
}
"""Spellings of headlines."""
_HEAD = (
    "the shape of each word is added to it, as the vocabulary has no case; one linear head on the first "
    "piece of each word"
)
_LIMITS = (
    "English only. Case is a hint: where all words or none begin with a capital, somewhat less is found.",
    INT8_LIMIT,
)
_NEWS = _Corpus(
    model="entities",
    read=conll2003,
    facts=Facts(
        warning="For research only: the words of the data are Reuters news, given out for research.",
        task="Finds the names of persons, organisations, places and others (4 types) in a line of news.",
        data="ner_conll2003, 17,291 sentences of Reuters news of 1996 and 1997 (eng.train and eng.testa)",
        license="the annotation is free; the words are of the Reuters corpus, for research only",
        test_data={"logits": "ner_conll2003, official test set (eng.testb)"},
        limits=(
            "Learned from news of 1996 and 1997, much of it sport: nobody measured it on names of today.",
            "Each sentence is judged alone, as headlines are.",
            COMPARED,
            *_LIMITS,
        ),
    ),
)
_MESSAGES = _Corpus(
    model="entities_wnut",
    read=wnut17,
    facts=Facts(
        task="Finds new and rare names (6 types) in messages of social media.",
        data="ner_wnut17, 4,403 messages (training and validation set)",
        license="CC BY 4.0, Derczynski et al. 2017",
        test_data={"logits": "ner_wnut17, official test set"},
        limits=("The sources differ between the sets on purpose, so about half is found.", *_LIMITS),
    ),
)
