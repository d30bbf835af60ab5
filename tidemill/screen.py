"""Rendering of the live screen: a view becomes exactly as many lines as the terminal has."""

from collections.abc import Iterable, Sequence

from rich.console import Group
from rich.text import Text

from deploy.local.part import PartEvent, PartState
from shared.events import Event, ImageAnalyzed, Lane, SupportMessageRouted
from tidemill.lines import line, route
from tidemill.terminal import clean, clock_time, one_line, percent
from tidemill.view import View

CELL_WIDTH = 26
STATE_STYLES = {PartState.READY: "green", PartState.FAILED: "bold red"}


def screen(view: View, *, width: int, height: int) -> Group:
    """Return the whole screen, `height` lines of at most `width` columns."""
    body_height = max(0, height - 2 - len(view.troubles()))
    body = _streams(view, width, body_height) if view.ready else _starting(view, width)
    lines = [_header(view, width), *body[:body_height]]
    lines += [Text()] * (body_height - len(body))
    lines += [_trouble(part) for part in view.troubles()]
    bottom = status(view)
    bottom.align("left", width)
    return Group(*lines, bottom)


def status(view: View) -> Text:
    """Return the status line: counts, lag, batch size, latency, cache hits and dead letters."""
    p50_ms, p99_ms = view.ledger.latency_ms()
    cached = view.gauges.cache_hit_share
    facts = [
        f"{view.ledger.done_count:,}/{view.ledger.sent_count:,} done",
        f"lag {view.gauges.lag_records:,}",
        f"batch {view.gauges.batch_size:.1f}",
        f"p50 {p50_ms:,.0f} p99 {p99_ms:,.0f} ms",
        f"cache {'-' if cached is None else percent(cached).strip()}",
        f"dead {view.ledger.counts['dead']:,}",
    ]
    return one_line("  ".join(facts), "reverse")


def addresses(view: View) -> Iterable[str]:
    """Yield a line for each address of a running stack that people use."""
    yield f"the page is at {view.dashboard}; `tidemill open` opens it"
    yield f"HTTP calls go to {view.gateway}, Kafka is at {view.broker}; `tidemill env` prints all addresses"


_HOW_TO_END = "Ctrl-C ends"


def _hints(view: View) -> Iterable[str]:
    """Yield addresses for the top line, the longest text first; the page comes before all others."""
    known = {"page": view.dashboard, "HTTP": view.gateway, "Kafka": view.broker}
    told = [f"{name} {address}" for name, address in known.items() if address]
    for count in range(len(told), 0, -1):
        yield "  ".join([*told[:count], _HOW_TO_END])


def _header(view: View, width: int) -> Text:
    title = f" Tidemill  {view.playing}"
    room = width - len(title) - 2
    hint = next((each for each in _hints(view) if len(each) <= room), _HOW_TO_END)
    return Text(f"{title:<{max(0, width - len(hint) - 1)}}{hint} ", style="bold reverse", no_wrap=True)


def _starting(view: View, width: int) -> list[Text]:
    lines = [_title("Starting", "", width)]
    for part in view.parts.values():
        style = STATE_STYLES.get(part.state, "yellow")
        lines.append(one_line(f"  {part.part:<20} {part.state:<9} {part.detail}", style))
    return lines


def _streams(view: View, width: int, height: int) -> list[Text]:
    """Return the lines of three panels: messages get half of them, news most of the rest."""
    image_height = max(2, height // 6)
    support_height = (height - image_height) * 6 // 10
    news_height = height - image_height - support_height
    lanes = "  ".join(f"{view.lanes[lane]} {word}" for lane, word in LANE_WORDS.items())
    alerts = f"{len(view.alerts)} alert events"
    return [
        *_section(
            _title("Customers", lanes, width), _support(view.routed, support_height - 1), support_height
        ),
        *_section(_title("News", alerts, width), _news(view, news_height), news_height),
        *_section(_title("Images", "", width), _images(view.images, width), image_height),
    ]


LANE_WORDS = {Lane.AUTO: "answered", Lane.DRAFT: "drafted", Lane.HUMAN: "to people"}


def _section(title: Text, lines: Sequence[Text], height: int) -> list[Text]:
    shown = list(lines[-(height - 1) :]) if height > 1 else []
    return [title, *shown, *[Text()] * (height - 1 - len(shown))]


def _title(name: str, facts: str, width: int) -> Text:
    rule = "\u2500" * max(0, width - len(name) - len(facts) - 4)
    return Text.assemble((f"{name} ", "bold"), (rule, "dim"), f"  {facts}", no_wrap=True)


def _support(routed: Iterable[Event], height: int) -> list[Text]:
    shown = [event for event in routed if isinstance(event, SupportMessageRouted)]
    return [each for event in shown[-max(1, height // 2) :] for each in _exchange(event)]


def _exchange(event: SupportMessageRouted) -> tuple[Text, Text]:
    """Return two lines of a message: its text, then its route with the reply or the reason."""
    wrote = one_line(f"{clock_time(event.received_at)}  {clean(event.text)}")
    said = f"  \u201c{clean(event.reply)}\u201d" if event.reply else f"  {clean(event.reason)}"
    decided = Text.assemble(route(event), (said, "dim"), no_wrap=True, overflow="ellipsis")
    return wrote, decided


def _news(view: View, height: int) -> list[Text]:
    """Return the latest stories, and below them the latest alerts."""
    alerts = [line(event) for event in view.alerts][-max(1, height // 2) :]
    stories = [line(event) for event in view.news][-max(0, height - 1 - len(alerts)) :]
    return [*stories, *alerts]


def _images(images: Iterable[Event], width: int) -> list[Text]:
    """Return the images as lines of cells, the newest last."""
    cells = [_cell(event) for event in images if isinstance(event, ImageAnalyzed)]
    per_line = max(1, width // CELL_WIDTH)
    starts = range(0, len(cells), per_line)
    return [Text("", no_wrap=True).join(cells[start : start + per_line]) for start in starts]


def _cell(event: ImageAnalyzed) -> Text:
    sure = percent(event.label.confidence)
    name, label = clean(event.case_id)[:9], clean(event.label.label)[: CELL_WIDTH - 16]
    return Text.assemble((f"{name:<9} ", "dim"), f"{label:<{CELL_WIDTH - 16}} ", (f"{sure} ", "cyan"))


def _trouble(part: PartEvent) -> Text:
    return one_line(f"{part.part} {part.state} {part.detail}", "bold red")
