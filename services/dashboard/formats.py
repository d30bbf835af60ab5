"""Forms of numbers and times on pages: filters of the templates."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup, escape

NONE = "\N{EN DASH}"
"""Stands for a figure that is not known."""

CLIPPED_AT = 280
"""Characters of a long text that are shown until its reader asks for all."""


def number(value: float | None) -> str:
    """Return a whole number with separators: 12,340."""
    return NONE if value is None else f"{value:,.0f}"


def share(value: float | None) -> str:
    """Return a share of 0 to 1 as percent, without a decimal."""
    return NONE if value is None else f"{value:.0%}"


def decimal(value: float | None) -> str:
    """Return a number with one decimal."""
    return NONE if value is None else f"{value:,.1f}"


def megabytes(value: float | None) -> str:
    """Return bytes as MB."""
    if value is None:
        return NONE
    return f"{value / 1e6:,.0f} MB" if value >= 10e6 else f"{value / 1e6:.1f} MB"


def millis(value: float | None) -> str:
    """Return a duration in ms: 42 ms, 1.2 s, 3 min."""
    if value is None:
        return NONE
    if value < 1_000:
        return f"{value:.0f} ms"
    return f"{value / 1_000:.1f} s" if value < 120_000 else f"{value / 60_000:.0f} min"


def moment(value: datetime | None) -> Markup | str:
    """Return a time of day in UTC, which the script of the pages shows in the viewer's zone."""
    if value is None:
        return NONE
    value = value.astimezone(UTC)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        value.isoformat(timespec="milliseconds"), f"{value:%Y-%m-%d %H:%M:%S} UTC", f"{value:%H:%M:%S}"
    )


def day(value: datetime) -> Markup:
    """Return a day and time in UTC, which the script of the pages shows in the viewer's zone."""
    value = value.astimezone(UTC)
    return Markup('<time datetime="{}" title="{}" data-day>{}</time>').format(
        value.isoformat(timespec="seconds"), f"{value:%Y-%m-%d %H:%M:%S} UTC", f"{value:%d %b %H:%M}"
    )


def iso_moment(value: str) -> Markup | str:
    """Return the time of day of a time in the gateway's answers."""
    return moment(datetime.fromisoformat(value))


def words(label: str) -> str:
    """Return a label of a model as words: card_arrival, card arrival."""
    return label.replace("_", " ")


def text(value: str | None) -> Markup:
    """Return the text of a person: isolated from the page's direction, clipped with the rest on demand."""
    if value is None:
        return Markup('<span class="hidden-text">text hidden: your key lacks text:read</span>')
    if len(value) <= CLIPPED_AT:
        return Markup("<bdi>{}</bdi>").format(value)
    return Markup(
        '<details class="clip"><summary><bdi>{}</bdi>… <span class="more">show all {}</span></summary>'
        "<bdi>{}</bdi></details>"
    ).format(value[:CLIPPED_AT], f"{len(value):,} characters", escape(value))


FILTERS: Mapping[str, Callable[[Any], Any]] = {
    "number": number,
    "share": share,
    "decimal": decimal,
    "megabytes": megabytes,
    "millis": millis,
    "moment": moment,
    "day": day,
    "iso_moment": iso_moment,
    "words": words,
    "text": text,
}
