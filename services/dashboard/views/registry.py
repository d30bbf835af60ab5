"""Every page that stays up to date, in the order of the navigation."""

from pydantic import BaseModel

from services.dashboard.views import health, images, models, news, now, settings
from services.dashboard.views.page import Page


def pages(in_force: BaseModel) -> tuple[Page, ...]:
    """Return the pages; `in_force` are the settings of this process."""
    return (now.PAGE, news.PAGE, images.PAGE, models.PAGE, health.PAGE, settings.page(in_force))
