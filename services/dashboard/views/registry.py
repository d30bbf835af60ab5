"""Every page that stays up to date, in the order of the navigation."""

from pydantic import BaseModel

from services.dashboard.views import (
    conversation,
    correcting,
    corrections,
    dead,
    health,
    images,
    models,
    news,
    now,
    settings,
    support,
)
from services.dashboard.views.page import Page


def pages(in_force: BaseModel) -> tuple[Page, ...]:
    """Return the pages; `in_force` are the settings of this process."""
    return (
        now.PAGE,
        support.PAGE,
        conversation.PAGE,
        news.PAGE,
        images.PAGE,
        dead.PAGE,
        corrections.PAGE,
        correcting.PAGE,
        models.PAGE,
        health.PAGE,
        settings.page(in_force),
    )
