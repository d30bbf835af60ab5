"""Forms of values on pages: whatever somebody wrote is shown as text."""

from datetime import UTC, datetime

import pytest

from services.dashboard.formats import CLIPPED_AT, millis, moment, number, share, text

RTL_OVERRIDE = "\N{RIGHT-TO-LEFT OVERRIDE}"


@pytest.mark.parametrize(
    "written", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</bdi><h1>", "&lt;"]
)
def test_markup_in_a_message_is_text(written: str) -> None:
    shown = str(text(written))

    assert "<script" not in shown
    assert "<img" not in shown
    assert "<h1" not in shown
    assert shown.count("<") == 2  # those of the element around it
    assert "&" in shown


def test_a_message_can_not_turn_the_direction_of_the_page() -> None:
    assert str(text(f"{RTL_OVERRIDE}abc")) == f"<bdi>{RTL_OVERRIDE}abc</bdi>"


def test_a_long_message_is_clipped_and_all_of_it_is_there_on_demand() -> None:
    written = "word " * 4_000

    shown = str(text(written))

    assert "show all 20,000 characters" in shown
    assert shown.startswith('<details class="clip"><summary>')
    assert written in shown
    assert written[:CLIPPED_AT] in shown


def test_a_long_message_is_escaped_in_both_places() -> None:
    shown = str(text("<b>" * 10_000))

    assert "<b>" not in shown


def test_a_hidden_message_says_so() -> None:
    assert "text:read" in str(text(None))


def test_a_time_is_shown_in_utc_until_the_browser_knows_better() -> None:
    at = datetime(2026, 3, 1, 12, 30, 5, 250_000, tzinfo=UTC)

    assert str(moment(at)) == (
        '<time datetime="2026-03-01T12:30:05.250+00:00" title="2026-03-01 12:30:05 UTC">12:30:05</time>'
    )


def test_numbers_have_separators_and_units() -> None:
    assert [number(12_340), share(0.994), millis(42.4), millis(1_240), millis(240_000)] == [
        "12,340",
        "99%",
        "42 ms",
        "1.2 s",
        "4 min",
    ]


def test_an_unknown_figure_is_a_dash() -> None:
    assert {number(None), share(None), millis(None), str(moment(None))} == {"\N{EN DASH}"}
