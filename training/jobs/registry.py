"""Registry of the models that can be trained, with the function that makes each one's job."""

from dataclasses import replace
from pathlib import Path

import torch

from shared.errors import ConfigError
from training.cards.own_facts import facts_of
from training.jobs.bert import news_tone_job, support_intent_job
from training.jobs.clinc import clinc_intent_job
from training.jobs.cnn import digit_job, dish_photo_job, dish_photo_rival_job
from training.jobs.entities import entities_job, entities_wnut_job
from training.jobs.identity import RECIPE, identity_job
from training.jobs.job import Job, Maker
from training.jobs.lstm import review_sentiment_job
from training.jobs.tables import table_recipes
from training.recipes import (
    Recipe,
    clinc_intent,
    digit,
    dish_photo,
    entities,
    news_tone,
    review_sentiment,
    support_intent,
)

_MAKERS: dict[str, tuple[Recipe, Maker]] = {
    "identity": (RECIPE, lambda _root, _recipe, _encoder: identity_job()),
    "support_intent": (support_intent.RECIPE, support_intent_job),
    "clinc_intent": (clinc_intent.RECIPE, clinc_intent_job),
    "news_tone": (news_tone.RECIPE, news_tone_job),
    "review_sentiment": (
        review_sentiment.RECIPE,
        lambda root, recipe, _encoder: review_sentiment_job(root, recipe),
    ),
    "dish_photo": (dish_photo.RECIPE, lambda root, recipe, _encoder: dish_photo_job(root, recipe)),
    "dish_photo_rival": (
        dish_photo.RECIPE,
        lambda root, recipe, _encoder: dish_photo_rival_job(root, recipe),
    ),
    "digit": (digit.RECIPE, lambda root, recipe, _encoder: digit_job(root, recipe)),
    "entities": (entities.RECIPE, entities_job),
    "entities_wnut": (entities.RECIPE, entities_wnut_job),
    **table_recipes(),
}


def model_names() -> list[str]:
    """Return the names of the models that can be trained."""
    return list(_MAKERS)


def recipe_of(model: str) -> Recipe:
    """Return the recipe of a model. Raises ConfigError for an unknown model."""
    return _known(model)[0]


def job_of(model: str, root: Path, *, recipe: Recipe | None = None, encoder: str | None = None) -> Job:
    """Return the job of a model; `recipe` replaces its own, `encoder` replaces MiniLM in the BERT models.

    Raises ConfigError for an unknown model or an unreadable data set.
    """
    own, maker = _known(model)
    chosen = recipe or own
    torch.manual_seed(chosen.seed)  # new layers start the same each time
    job = maker(root, chosen, encoder)
    return replace(job, facts=facts_of(root, model, job.facts))


def _known(model: str) -> tuple[Recipe, Maker]:
    if model not in _MAKERS:
        raise ConfigError(f"no model is called {model!r}; there are {', '.join(_MAKERS)}")
    return _MAKERS[model]
