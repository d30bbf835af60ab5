"""Job of the identity model, which costs almost nothing: for benchmarks and tests of the pipeline."""

import string

import numpy as np
import torch

from shared.repository.bundle import OutputSpec, TextSpec
from shared.repository.config import ModelConfig, Placement, TensorConfig
from training.jobs.job import Facts, Job, Storage
from training.networks.nets import Identity
from training.recipes import Recipe
from training.rows.examples import Examples
from training.rows.vocabulary import learn_vocabulary

RECIPE = Recipe(epochs=0, batch_size=1, learning_rate=0.0, head_learning_rate=0.0)
_LABELS = ("one", "two", "three", "four")
_LETTERS = [f"{letter} x{letter}" for letter in string.ascii_lowercase + string.digits + string.punctuation]


def identity_job() -> Job:
    """Return a job without rows: the model computes its output from the input by arithmetic."""
    nothing = Examples([], {"logits": np.empty(0, dtype=np.int64)})
    return Job(
        config=ModelConfig(
            name="identity",
            inputs=(TensorConfig("input_ids", "INT32", (-1,)),),
            outputs=(TensorConfig("logits", "FP32", (len(_LABELS),)),),
            max_batch_size=256,
            max_queue_size=1024,
            parameters={"intra_op_thread_count": "1"},
        ),
        gpu=Placement(kind="GPU"),
        net=Identity(),
        recipe=RECIPE,
        train=nothing,
        valid=nothing,
        test=nothing,
        spec=TextSpec(max_tokens=512, outputs={"logits": OutputSpec(labels=_LABELS)}),
        tokenizer=learn_vocabulary(2 * _LETTERS, size=1000),
        example=torch.ones((2, 3), dtype=torch.int32),
        storage=Storage.FLOAT,
        facts=Facts(
            task="Answers the sum of the ids times 1, 2, 3 and 4, in thousandths; it knows nothing.",
            architecture="one sum; the tokenizer spells words by letters",
            data="nothing",
            license="none needed",
            test_data={},
            limits=("Measures what surrounds a model. Its labels mean nothing.",),
        ),
    )
