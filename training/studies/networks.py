"""The networks that the study of compression compares, each trained once and then kept."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
from tokenizers import Tokenizer
from torch import Tensor

from shared.inference.text import TextEncoder
from training import data
from training.augment import some_hidden
from training.bert import whole_encoder
from training.distil import Lesson, imitation, lesson_of, student_of
from training.job import Job
from training.losses import objective_of
from training.nets import BertClassifier
from training.progress import Step
from training.prune import importance, most_important, pruned
from training.recipes import Recipe, support_intent
from training.studies.kept import FULL, Kept
from training.train import fit
from training.vocabulary import MASK

STUDENT_LAYERS = (0, 2, 5)
KEPT_HEADS, KEPT_NEURONS = 8, 768
"""Of 12 heads and 1,536 neurons a layer."""

STUDENT = Recipe(epochs=3, batch_size=64, learning_rate=3e-4, head_learning_rate=3e-4)
RECOVERY = replace(STUDENT, epochs=1, learning_rate=1e-4, head_learning_rate=1e-4)
_LABELLED_TIMES = 3
"""So often a labelled question is seen in a pass over the others."""

_HIDDEN_SHARE = 0.1
_IMPORTANCE_ROWS = 1024


@dataclass(frozen=True, slots=True)
class Networks:
    """Makes networks out of one job."""

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
        """Return the teacher with the whole vocabulary of its encoder; its words never learned."""
        net = deepcopy(self.teacher())
        net.body.embeddings.word_embeddings = whole_encoder(None)[0].embeddings.word_embeddings
        return net

    def student(self) -> BertClassifier:
        """Return three layers that learned to answer like the teacher."""
        teacher = self.teacher()
        net = student_of(teacher, STUDENT_LAYERS)
        self.kept.train("student", net, lambda: self._taught(net, teacher, STUDENT))
        return net

    def pruned(self) -> BertClassifier:
        """Return the teacher with two thirds of its heads and half of its neurons, recovered."""
        teacher = self.teacher()
        rows = self.job.train.some(_IMPORTANCE_ROWS, self.job.recipe.seed)
        scores = importance(teacher, rows, objective_of(self.job.recipe))
        net = pruned(teacher, most_important(scores, heads=KEPT_HEADS, neurons=KEPT_NEURONS))
        self.kept.train("pruned", net, lambda: self._taught(net, teacher, RECOVERY))
        return net

    def _taught(self, net: BertClassifier, teacher: BertClassifier, recipe: Recipe) -> Iterator[Step]:
        lesson = self._lesson(teacher)
        return fit(net, lesson.rows, recipe, augment=self._hidden, objective=imitation(lesson))

    def _lesson(self, teacher: BertClassifier) -> Lesson:
        """Return the training questions, several times, and those of other firms."""
        train = self.job.train
        often = train.take(np.tile(np.arange(len(train)), _LABELLED_TIMES))
        encoder = TextEncoder(self._tokenizer, max_tokens=support_intent.MAX_TOKENS)
        return lesson_of(teacher, often, encoder.encode_batch(data.unlabelled_questions(self.root)))

    @property
    def _tokenizer(self) -> Tokenizer:
        return cast("Tokenizer", self.job.tokenizer)

    def _hidden(self, ids: Tensor) -> Tensor:
        return some_hidden(ids, _HIDDEN_SHARE, cast("int", self._tokenizer.token_to_id(MASK)))
