"""Reliability diagram: how often a model was right, by how sure it was."""

from collections.abc import Sequence

from markupsafe import Markup

SIZE = 160
_PAD = 6.0
_SMALL, _LARGE = 2.0, 5.0


def reliability(bins: Sequence[tuple[float, float, int]]) -> Markup:
    """Return an SVG of (confidence, accuracy, answers), each a dot on or off the diagonal.

    Dots grow with their answers. Hidden from screen readers, as a table says the same.
    """
    most = max((count for _, _, count in bins), default=1)
    dots = "".join(
        f'<circle cx="{_x(confidence):.1f}" cy="{_y(accuracy):.1f}" '
        f'r="{_SMALL + (_LARGE - _SMALL) * (count / most) ** 0.5:.1f}"/>'
        for confidence, accuracy, count in bins
    )
    return Markup(  # noqa: S704 - numbers of ours, no text
        f'<svg class="reliability" viewBox="0 0 {SIZE} {SIZE}" aria-hidden="true">'
        f'<path class="spark-base" d="M{_PAD} {_PAD}V{SIZE - _PAD}H{SIZE - _PAD}"/>'
        f'<path class="ideal" d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}"/>{dots}</svg>'
    )


def _x(share: float) -> float:
    return _PAD + (SIZE - 2 * _PAD) * share


def _y(share: float) -> float:
    return SIZE - _PAD - (SIZE - 2 * _PAD) * share
