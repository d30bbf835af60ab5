"""A job that a test can afford: three intents, each spelled by letters of its own."""

from dataclasses import replace

import numpy as np
import torch
from transformers import BertConfig, BertModel

from shared.repository.bundle import OutputSpec, TextSpec
from training.jobs.identity import identity_job
from training.jobs.job import Job
from training.networks.nets import BertClassifier
from training.recipes import Recipe
from training.rows.examples import Examples

LABELS = ("fee", "card", "loan")


def tiny_job(rows: int = 60) -> Job:
    """Return a job of a BERT with one layer; the ids of a row tell its label."""
    return replace(
        identity_job(),
        net=narrow_bert(seed=1, words=300, width=16, layers=1, heads=2, neurons=32),
        recipe=Recipe(epochs=14, batch_size=10, learning_rate=1e-2, head_learning_rate=1e-2),
        train=some_rows(rows, seed=1),
        valid=some_rows(12, seed=2),
        test=some_rows(12, seed=3),
        spec=TextSpec(max_tokens=8, outputs={"logits": OutputSpec(labels=LABELS)}),
    )


def narrow_bert(  # noqa: PLR0913 -- the sizes of a BERT
    *, seed: int, words: int, width: int, layers: int, heads: int, neurons: int
) -> BertClassifier:
    """Return a network of these sizes that tells `LABELS` apart."""
    torch.manual_seed(seed)
    shape = BertConfig(
        vocab_size=words,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=neurons,
        attn_implementation="eager",  # type: ignore[call-arg]
    )
    body = BertModel(shape, add_pooling_layer=False)  # type: ignore[no-untyped-call]
    return BertClassifier(body, {"logits": len(LABELS)}, dropout=0.0, pooled=True)


def some_rows(count: int, seed: int) -> Examples:
    """Return rows of four ids, drawn from three that only its label has."""
    random = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.int64) % len(LABELS)
    inputs = [(20 * label + random.integers(1, 4, 4)).astype(np.int32) for label in labels]
    return Examples(inputs, {"logits": labels})
