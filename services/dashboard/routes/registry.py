"""Every router of what viewers can do."""

from fastapi import APIRouter

from services.dashboard.routes import corrections, dead_letters, images, login
from services.dashboard.site import Site


def routers(site: Site) -> tuple[APIRouter, ...]:
    """Return the routers, made for a site."""
    return (login.router(site), images.router(site), dead_letters.router(site), corrections.router(site))
