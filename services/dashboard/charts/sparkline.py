"""Sparkline: a small line of values over time, as SVG that takes the colour of the text around it."""

from collections.abc import Sequence

from markupsafe import Markup

WIDTH = 120
HEIGHT = 28
_PAD = 2.0


def sparkline(values: Sequence[float | None], *, top: float | None = None) -> Markup:
    """Return an SVG of the values, oldest first; a gap where one is None.

    The line begins at zero, and ends at `top` or the largest value. Hidden from screen readers, as a sentence
    and a table say the same.
    """
    most = max([top or 0.0, *(value for value in values if value is not None)]) or 1.0
    lines = "".join(f'<path d="{path}"/>' for path in _paths(values, most))
    return Markup(  # noqa: S704 - numbers of ours, no text
        f'<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true">'
        f'<path class="spark-base" d="M0 {HEIGHT - 0.5}H{WIDTH}"/>{lines}</svg>'
    )


def _paths(values: Sequence[float | None], most: float) -> list[str]:
    """Return a path for each run of values without a gap."""
    step = WIDTH / max(1, len(values) - 1)
    paths: list[str] = []
    points: list[str] = []
    for index, value in enumerate([*values, None]):
        if value is not None:
            height = HEIGHT - _PAD - (HEIGHT - 2 * _PAD) * value / most
            points.append(f"{index * step:.1f} {height:.1f}")
        elif points:
            paths.append("M" + "L".join(points if len(points) > 1 else [*points, points[0]]))
            points = []
    return paths
