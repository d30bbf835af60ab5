"""Job of a model that can refuse: 150 assistant intents, and questions without any of them."""

from dataclasses import replace
from pathlib import Path

from evaluation import datasets as data
from shared.inference.text import TextEncoder
from shared.repository.bundle import OutputSpec, TextSpec
from training.jobs.bert import EXAMPLE, GPU, cut_name, pretrained_encoder, text_config
from training.jobs.job import Facts, Job, Storage
from training.networks.nets import BertClassifier
from training.recipes import Recipe, clinc_intent
from training.rows.examples import Examples, text_examples


def clinc_intent_job(root: Path, recipe: Recipe, encoder: str | None) -> Job:
    """Return the job of a classifier of 150 intents; out-of-scope rows are used in its test only."""
    rows = data.assistant_questions(root)
    body, tokenizer = pretrained_encoder(encoder, rows.train.texts)
    max_tokens = clinc_intent.MAX_TOKENS
    widths = {"logits": len(rows.label_names)}
    outside = TextEncoder(tokenizer, max_tokens=max_tokens).encode_batch(rows.outside_test)
    return Job(
        config=text_config(
            "clinc_intent", {"logits": len(rows.label_names), "pooled": body.config.hidden_size}
        ),
        gpu=GPU,
        net=BertClassifier(body, widths, dropout=recipe.dropout, pooled=True),
        recipe=recipe,
        train=text_examples(tokenizer, max_tokens, {"logits": rows.train}),
        valid=text_examples(tokenizer, max_tokens, {"logits": rows.valid}),
        test=text_examples(tokenizer, max_tokens, {"logits": rows.test}),
        spec=TextSpec(max_tokens=max_tokens, outputs={"logits": OutputSpec(labels=rows.label_names)}),
        tokenizer=tokenizer,
        example=EXAMPLE,
        storage=Storage.INT8,
        outside=Examples(outside, {}),
        facts=replace(_FACTS, architecture=f"{cut_name(encoder)}, one linear head"),
    )


_FACTS = Facts(
    task="Tells 150 intents of an assistant apart, and how foreign a question is to all of them.",
    data="clinc150: 15,000 questions to train, 3,000 to validate; none out of scope was trained on",
    license="CC BY 3.0, credit to Larson et al. 2019",
    test_data={"logits": "clinc150, official test set; out of scope: oos_test, 1,000 questions"},
    limits=("English only, and at most 64 pieces of a text are read.", "Does not ship: train it yourself."),
)
