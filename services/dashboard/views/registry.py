"""Every page that stays up to date, in the order of the navigation."""

from services.dashboard.views import now

PAGES = (now.PAGE,)
