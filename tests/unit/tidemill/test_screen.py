"""The live screen fills the terminal exactly, at any size, whatever people write."""

import pytest
from rich.console import Console

from deploy.local.part import PartEvent, PartState
from shared.events import Event
from tests.unit.tidemill.events import a_message, a_record, a_route, a_story, an_alert, an_image
from tidemill.screen import screen
from tidemill.view import View

HOSTILE = "My card \x1b[2J\x07[bold]is gone\n\n\u202eagain [/red]"


def shown(view: View, *, width: int = 80, height: int = 24) -> list[str]:
    console = Console(width=width, height=height, color_system=None)
    with console.capture() as capture:
        console.print(screen(view, width=width, height=height))
    return capture.get().splitlines()


def a_view(*events: Event) -> View:
    view = View(ready=True, playing="playing")
    for event in events:
        view.ledger.note(a_record(event))
        view.note(event)
    return view


@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 12), (200, 60)])
def test_the_screen_has_as_many_lines_as_the_terminal(width: int, height: int) -> None:
    events = [a_route(a_message("word " * 50)) for _ in range(30)] + [a_story("Norvale Foods")] * 30
    view = a_view(*events, *[an_alert("Norvale Foods")] * 9, *[an_image("7")] * 99)

    lines = shown(view, width=width, height=height)

    assert len(lines) == height
    assert max(len(line) for line in lines) <= width


@pytest.mark.parametrize(
    ("width", "told"),
    [
        (140, "page http://127.0.0.1:8001  HTTP http://127.0.0.1:8000  Kafka 127.0.0.1:45678  Ctrl-C ends"),
        (110, "page http://127.0.0.1:8001  HTTP http://127.0.0.1:8000  Ctrl-C ends"),
        (80, "page http://127.0.0.1:8001  Ctrl-C ends"),
        (50, "Ctrl-C ends"),
    ],
)
def test_as_many_addresses_are_shown_as_there_is_room_for_the_page_first(width: int, told: str) -> None:
    view = a_view()
    view.playing, view.broker = "yours: tidemill play FILE", "127.0.0.1:45678"
    view.gateway, view.dashboard = "http://127.0.0.1:8000", "http://127.0.0.1:8001"

    heading = shown(view, width=width)[0]

    assert heading.split("  ", 2)[2].strip() == told


def test_a_message_stands_above_its_queue_and_its_reply() -> None:
    lines = shown(a_view(a_route(a_message("Where is my card?"), reply="It is on its way.")))

    at = next(number for number, line in enumerate(lines) if "Where is my card?" in line)
    assert lines[at + 1].startswith("auto      cards \u00b7 card_arrival 97 %")
    assert "\u201cIt is on its way.\u201d" in lines[at + 1]


def test_without_a_reply_the_reason_is_shown() -> None:
    text = "\n".join(shown(a_view(a_route(a_message()))))

    assert "urgent" in text
    assert "Someone must look." in text


def test_an_alert_stays_while_stories_pass() -> None:
    text = "\n".join(shown(a_view(an_alert("Norvale Foods"), *[a_story("Calm & Co")] * 50)))

    assert "Norvale Foods turned negative: 7 of 8 stories bad" in text


def test_what_a_customer_writes_can_not_steer_the_terminal() -> None:
    text = "\n".join(shown(a_view(a_route(a_message(HOSTILE)))))

    assert "\x1b" not in text
    assert "My card [2J [bold]is gone again [/red]" in text


def test_a_part_that_fails_is_named_with_its_reason() -> None:
    view = a_view()
    view.parts["triton"] = PartEvent("triton", PartState.FAILED, 1, "killed by signal 9")

    lines = shown(view)

    assert lines[-2].strip() == "triton failed killed by signal 9"
    assert len(lines) == 24


def test_before_everything_is_ready_the_parts_are_listed() -> None:
    view = View()
    view.parts["kafka"] = PartEvent("kafka", PartState.READY)

    assert any("kafka" in line and "ready" in line for line in shown(view))
