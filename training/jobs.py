"""Which models there are, and how each one's job is put together."""

from collections.abc import Callable
from pathlib import Path

import torch

from shared.errors import ConfigError
from training.bert import news_tone_job, support_intent_job
from training.cnn import digit_job, dish_photo_job
from training.entities import entities_job, entities_wnut_job
from training.identity import identity_job
from training.job import Job
from training.lstm import review_sentiment_job
from training.recipes import digit, dish_photo, entities, news_tone, review_sentiment, support_intent

_SEED = 7

_JOBS: dict[str, Callable[[Path, str | None], Job]] = {
    "identity": lambda _root, _encoder: identity_job(),
    "support_intent": lambda root, encoder: support_intent_job(root, support_intent.RECIPE, encoder),
    "news_tone": lambda root, encoder: news_tone_job(root, news_tone.RECIPE, encoder),
    "review_sentiment": lambda root, _encoder: review_sentiment_job(root, review_sentiment.RECIPE),
    "dish_photo": lambda root, _encoder: dish_photo_job(root, dish_photo.RECIPE),
    "entities": lambda root, encoder: entities_job(root, entities.RECIPE, encoder),
    "entities_wnut": lambda root, encoder: entities_wnut_job(root, entities.RECIPE, encoder),
    "digit": lambda root, _encoder: digit_job(root, digit.RECIPE),
}


def model_names() -> list[str]:
    """Return the models that can be trained."""
    return list(_JOBS)


def job_of(model: str, root: Path, *, encoder: str | None = None) -> Job:
    """Return the job of one model; `encoder` replaces MiniLM in the BERT models.

    Raises ConfigError for an unknown model or an unreadable data set.
    """
    if model not in _JOBS:
        raise ConfigError(f"no model is called {model!r}; there are {', '.join(_JOBS)}")
    torch.manual_seed(_SEED)  # new layers start the same each time
    return _JOBS[model](root, encoder)
