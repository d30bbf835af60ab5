"""Design tokens: text can be read on the ground that it stands on, in light and dark."""

import re

import pytest

from services.dashboard.assets import STATIC

TEXT = 4.5
MARKS = 3.0
TOKEN = re.compile(r"--([a-z-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)")
COLOURS: dict[str, tuple[str, str]] = {
    name: (light, dark) for name, light, dark in TOKEN.findall((STATIC / "tokens.css").read_text())
}
GROUNDS = sorted((name for name in COLOURS if not name.endswith("ink")), key=len, reverse=True)
ON_EVERY_GROUND = ("focus", "mark", "line-strong")


def ground_of(ink: str) -> str:
    """Return the ground that a text colour is named for."""
    return next(ground for ground in GROUNDS if ink.startswith(f"{ground}-"))


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_formula_is_that_of_wcag() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ink", sorted(name for name in COLOURS if name.endswith("-ink")))
def test_text_can_be_read_on_its_ground(ink: str, scheme: int) -> None:
    assert contrast(COLOURS[ink][scheme], COLOURS[ground_of(ink)][scheme]) >= TEXT


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("mark", ON_EVERY_GROUND)
@pytest.mark.parametrize("ground", ["paper", "surface"])
def test_marks_with_a_meaning_stand_out(mark: str, ground: str, scheme: int) -> None:
    assert contrast(COLOURS[mark][scheme], COLOURS[ground][scheme]) >= MARKS


def test_no_colour_stands_outside_the_tokens() -> None:
    own = (STATIC / "dashboard.css").read_text()

    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", own) == []


def test_each_token_that_the_style_uses_is_there() -> None:
    tokens = set(re.findall(r"--([a-z0-9-]+):", (STATIC / "tokens.css").read_text()))
    used = set(re.findall(r"var\(--([a-z0-9-]+)\)", (STATIC / "dashboard.css").read_text()))

    assert used - tokens == set()
