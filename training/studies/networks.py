"""Networks of the compression study, each trained once and then cached."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
from tokenizers import Tokenizer
from torch import Tensor

from evaluation import datasets as data
from shared.inference.text import TextEncoder
from training.fitting.losses import objective_of
from training.fitting.progress import Step
from training.fitting.train import fit
from training.jobs.bert import whole_encoder
from training.jobs.job import Job
from training.networks.nets import BertClassifier
from training.recipes import Recipe, support_intent
from training.rows.augment import some_hidden
from training.rows.examples import Examples
from training.rows.vocabulary import MASK
from training.shrinking.distil import LABEL_WEIGHT, TEMPERATURE, imitation, lesson_of, lesson_rows, student_of
from training.shrinking.prune import importance, most_important, pruned
from training.studies.kept import FULL, Kept, mark_of

STUDENT_LAYERS = (0, 2, 5)
KEPT_HEADS, KEPT_NEURONS = 8, 768
"""Of 12 heads and 1,536 neurons a layer."""

STUDENT = Recipe(epochs=3, batch_size=64, learning_rate=3e-4, head_learning_rate=3e-4)
RECOVERY = replace(STUDENT, epochs=1, learning_rate=1e-4, head_learning_rate=1e-4)
_LABELLED_TIMES = 3
"""Times that a labelled question occurs in one pass over the unlabelled ones."""

_HIDDEN_SHARE = 0.1
_IMPORTANCE_ROWS = 1024


@dataclass(frozen=True, slots=True)
class Networks:
    """Maker of the networks of one job."""

    job: Job
    root: Path
    kept: Kept

    def teacher(self) -> BertClassifier:
        """Return the network of the job, trained by its recipe."""
        job = self.job
        net = cast("BertClassifier", job.net)
        self.kept.train(FULL, net, lambda: fit(net, job.train, job.recipe, augment=job.augment))
        return net

    def with_all_words(self) -> BertClassifier:
        """Return the teacher with the whole vocabulary of its encoder, whose word vectors are frozen."""
        net = deepcopy(self.teacher())
        net.body.embeddings.word_embeddings = whole_encoder(None)[0].embeddings.word_embeddings
        return net

    def student(self) -> BertClassifier:
        """Return a network of three layers that learned the teacher's answers."""
        teacher = self.teacher()
        return self._taught("student", student_of(teacher, STUDENT_LAYERS), teacher=teacher, recipe=STUDENT)

    def pruned(self) -> BertClassifier:
        """Return the teacher with two thirds of its heads and half of its neurons, trained again."""
        teacher = self.teacher()
        rows = self.job.train.some(_IMPORTANCE_ROWS, self.job.recipe.seed)
        scores = importance(teacher, rows, objective_of(self.job.recipe))
        net = pruned(teacher, most_important(scores, heads=KEPT_HEADS, neurons=KEPT_NEURONS))
        return self._taught("pruned", net, teacher=teacher, recipe=RECOVERY)

    def _taught(
        self, name: str, net: BertClassifier, *, teacher: BertClassifier, recipe: Recipe
    ) -> BertClassifier:
        """Return `net` itself after it learned the teacher's answers."""
        job = replace(self.job, net=net, recipe=recipe, train=self._rows(), augment=self._hidden)

        def steps() -> Iterator[Step]:
            objective = imitation(lesson_of(teacher, job.train))
            return fit(net, job.train, recipe, augment=job.augment, objective=objective)

        self.kept.train(name, net, steps, by=mark_of(job, TEMPERATURE, LABEL_WEIGHT))
        return net

    def _rows(self) -> Examples:
        """Return the training questions, several times, and the unlabelled ones of other firms."""
        train = self.job.train
        often = train.take(np.tile(np.arange(len(train)), _LABELLED_TIMES))
        encoder = TextEncoder(self._tokenizer, max_tokens=support_intent.MAX_TOKENS)
        return lesson_rows(often, encoder.encode_batch(data.unlabelled_questions(self.root)))

    @property
    def _tokenizer(self) -> Tokenizer:
        return cast("Tokenizer", self.job.tokenizer)

    def _hidden(self, ids: Tensor) -> Tensor:
        return some_hidden(ids, _HIDDEN_SHARE, cast("int", self._tokenizer.token_to_id(MASK)))
