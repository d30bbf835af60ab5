"""Rendering of pages with Jinja2; what it puts into a page is escaped."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.dashboard.assets import Assets
from services.dashboard.views.page import Page

TEMPLATES = Path(__file__).with_name("templates")
_LIVE = "live_"
_LAYOUT = "layout.html"


class Renderer:
    """Renders whole pages, and the live parts of pages alone."""

    def __init__(self, assets: Assets, filters: Mapping[str, Any], **names: Any) -> None:
        self._jinja = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._jinja.filters.update(filters)
        self._jinja.globals.update(asset=assets.address, **names)
        # Macros as a global: a block that is rendered alone does not see what its template imports.
        self._jinja.globals["ui"] = self._jinja.get_template("ui.html").module
        self._jinja.globals["desk"] = self._jinja.get_template("desk.html").module

    def page(self, template: str, values: Mapping[str, Any]) -> str:
        """Return a whole page."""
        return self._jinja.get_template(template).render(values)

    def parts(self, page: Page, values: Mapping[str, Any]) -> dict[str, str]:
        """Return the live parts of a page, by the id of the element that each stands in."""
        template = self._jinja.get_template(page.template)
        context = template.new_context(dict(values))
        blocks = {**self._jinja.get_template(_LAYOUT).blocks, **template.blocks}
        return {name: "".join(block(context)) for name, block in blocks.items() if name.startswith(_LIVE)}
