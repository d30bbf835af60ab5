"""Job of the LSTM."""

from pathlib import Path

import torch

from evaluation import datasets as data
from shared.repository.bundle import OutputSpec, TextSpec
from shared.repository.config import ModelConfig, Placement, TensorConfig
from training.jobs.bert import pretrained_encoder
from training.jobs.job import COMPARED, Facts, Job, Storage
from training.networks.nets import LstmClassifier
from training.recipes import Recipe, review_sentiment
from training.rows.augment import some_hidden
from training.rows.examples import text_examples
from training.rows.vocabulary import MASK, narrowed


def review_sentiment_job(root: Path, recipe: Recipe) -> Job:
    """Return the job of a classifier of positive and negative reviews."""
    rows = data.reviews(root)
    encoder, tokenizer = pretrained_encoder(None, rows.train.texts)
    words = narrowed(encoder.embeddings.word_embeddings.weight, review_sentiment.EMBEDDING_WIDTH)
    max_tokens = review_sentiment.MAX_TOKENS
    examples = text_examples(tokenizer, max_tokens, {"logits": rows.train})
    train, valid = examples.split(recipe.valid_share, recipe.seed)
    mask_id = tokenizer.get_vocab()[MASK]
    return Job(
        config=ModelConfig(
            name="review_sentiment",
            inputs=(TensorConfig("input_ids", "INT32", (-1,)),),
            outputs=(TensorConfig("logits", "FP32", (len(rows.label_names),)),),
            max_batch_size=128,
            placement=Placement(instance_count=2),
            parameters={"intra_op_thread_count": "1"},
        ),
        gpu=Placement(kind="GPU"),
        net=LstmClassifier(words=words, hidden=review_sentiment.HIDDEN_WIDTH, dropout=recipe.dropout),
        recipe=recipe,
        train=train.shortened(review_sentiment.TRAIN_TOKENS),
        valid=valid,
        test=text_examples(tokenizer, max_tokens, {"logits": rows.test}),
        spec=TextSpec(max_tokens=max_tokens, outputs={"logits": OutputSpec(labels=rows.label_names)}),
        tokenizer=tokenizer,
        example=torch.tensor([[2, 3, 4, 5, 6], [2, 3, 4, 0, 0]], dtype=torch.int32),
        storage=Storage.HALF,
        facts=_FACTS,
        augment=lambda ids: some_hidden(ids, review_sentiment.HIDDEN_SHARE, mask_id),
    )


_FACTS = Facts(
    warning="For research only: the data have no licence, and so has what was learned from them.",
    task="Tells whether a review praises (positive) or not (negative).",
    architecture="an LSTM in each direction, maximum and mean over time, one linear head; its words start as "
    "those of all-MiniLM-L6-v2 (Apache-2.0) on their main axes; int8, other large weights in two bytes",
    data="imdb, 25,000 film reviews, half of them positive; vocabulary: what these texts need of MiniLM's",
    license="none stated; published for research (Maas et al. 2011)",
    test_data={"logits": "imdb, official test set"},
    limits=(
        f"Reads the first {review_sentiment.MAX_TOKENS} pieces; the end of a long review stays unread.",
        "Learned from films: reviews of other things get weaker answers. English only.",
        "There is no neutral: a lukewarm review gets either label, with a confidence near one half.",
        "The recurrent operator runs without TensorRT on a GPU.",
        COMPARED,
    ),
)
