"""The job of a model that refuses: 150 intents of an assistant, and questions that have none of them."""

from collections.abc import Mapping
from pathlib import Path

import torch

from shared.inference.bundle import OutputSpec, TextSpec
from shared.inference.model_config import ModelConfig, Placement, TensorSpec
from shared.inference.text import TextEncoder
from training import data
from training.bert import pretrained_encoder
from training.examples import Examples, text_examples
from training.job import Facts, Job
from training.nets import BertClassifier
from training.recipes import Recipe, clinc_intent


def clinc_intent_job(root: Path, recipe: Recipe, encoder: str | None) -> Job:
    """Return the job of telling 150 intents apart; rows out of scope are for its test only."""
    rows = data.assistant_questions(root)
    body, tokenizer = pretrained_encoder(encoder, rows.train.texts)
    max_tokens = clinc_intent.MAX_TOKENS
    outside = TextEncoder(tokenizer, max_tokens=max_tokens).encode_batch(rows.outside_test)
    return Job(
        config=_config({"logits": len(rows.label_names), "pooled": body.config.hidden_size}),
        gpu=Placement(kind="GPU"),
        net=BertClassifier(body, {"logits": len(rows.label_names)}, dropout=recipe.dropout, pooled=True),
        recipe=recipe,
        train=text_examples(tokenizer, max_tokens, {"logits": rows.train}),
        valid=text_examples(tokenizer, max_tokens, {"logits": rows.valid}),
        test=text_examples(tokenizer, max_tokens, {"logits": rows.test}),
        spec=TextSpec(max_tokens=max_tokens, outputs={"logits": OutputSpec(labels=rows.label_names)}),
        tokenizer=tokenizer,
        example=torch.tensor([[1, 2, 3, 4, 5], [1, 2, 3, 0, 0]], dtype=torch.int32),
        int8_matrices=True,
        outside=Examples(outside, {}),
        facts=_FACTS,
    )


def _config(widths: Mapping[str, int]) -> ModelConfig:
    return ModelConfig(
        name="clinc_intent",
        inputs=(TensorSpec("input_ids", "INT32", (-1,)),),
        outputs=tuple(TensorSpec(name, "FP32", (width,)) for name, width in widths.items()),
        max_batch_size=128,
        placement=Placement(instance_count=2),
        parameters={"intra_op_thread_count": "1"},
    )


_FACTS = Facts(
    task="Tells 150 intents of an assistant apart, and how foreign a question is to all of them.",
    architecture="BERT encoder all-MiniLM-L6-v2 (Apache-2.0) with a smaller vocabulary, one linear head",
    data="clinc150: 15,000 questions to train, 3,000 to validate; none out of scope was trained on",
    license="CC BY 3.0, credit to Larson et al. 2019",
    test_data={"logits": "clinc150, official test set; out of scope: oos_test, 1,000 questions"},
    limits=("English only, and at most 64 pieces of a text are read.", "Does not ship: train it yourself."),
)
