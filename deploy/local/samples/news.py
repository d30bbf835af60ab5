"""Ten simulated days of news about invented companies: a surge, a busy calm one, and ordinary news."""

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

Tone = Literal["negative", "neutral", "positive"]
Company = dict[str, Any]
Template = dict[str, Any]

START: Final = datetime(2026, 3, 4, tzinfo=UTC)
"""A Wednesday: the surge then falls on a trading day."""

DAYS: Final = 10
SURGE_COMPANY: Final = "Norvale Foods"
SURGE_FROM: Final = START + timedelta(days=6, hours=9, minutes=10)
SURGE_TO: Final = SURGE_FROM + timedelta(hours=5)
CALM_COMPANY: Final = "Kestrane Payments"
CALM_COUNT: Final = 66
REPRINT_COUNT: Final = 20
NOISE_PER_COMPANY: Final = 10

SOURCES: Final = (
    "Harbour Wire",
    "Meridian Newswire",
    "Tapewatch",
    "Northlight Markets",
    "The Ledger Desk",
    "Quayside Financial",
    "Bellwether Brief",
)
BROKERS: Final = ("Halden Roe", "Pryce Securities", "Bancroft Lane", "Oriel Capital", "Sudbrook Partners")
PEOPLE: Final = (
    "Mara Ellwick",
    "Jonas Terhorst",
    "Priya Calloway",
    "Henrik Vasse",
    "Lucia Ferrand",
    "Owen Tasker",
)
PLACES: Final = ("Rotterdam", "Lisbon", "Gothenburg", "Zagreb", "Toronto", "Singapore", "Cape Town", "Warsaw")
BODIES: Final = (
    "",
    "",
    "The group is best known for its {product}.",
    "The company employs {count} people and sells {product} in eleven countries.",
    "A spokesperson confirmed the report on request.",
)


@dataclass(frozen=True, slots=True)
class NewsItem:
    """One story; `tone` and `wire` are the intended values, for tests only."""

    occurred_at: datetime
    source: str
    company: str
    headline: str
    body: str
    tone: Tone
    wire: bool = False
    """True for the surge's wire story and each of its reprints."""


def generate_news(seed: int = 20260304) -> list[NewsItem]:
    """Return every story in the order of publication; equal seeds give equal stories."""
    rng = random.Random(seed)  # noqa: S311 - sample text, no secret
    companies = _read("companies.json")
    noisy = [c for c in companies if c["name"] not in {SURGE_COMPANY, CALM_COMPANY}]
    calm = next(c for c in companies if c["name"] == CALM_COMPANY)
    items = [*_surge(rng), *_busy_but_calm(rng, calm)]
    for company in noisy:
        items.extend(_everyday(rng, company))
    return sorted(items, key=lambda item: (item.occurred_at, item.company, item.headline))


def _surge(rng: random.Random) -> Iterator[NewsItem]:
    script = _read("surge.json")
    yield from _told(rng, script["calm"], START + timedelta(hours=8), SURGE_FROM - timedelta(hours=12))
    yield _story(SURGE_FROM, SOURCES[0], script["wire"][0], "negative", wire=True)
    stories: list[tuple[Tone, str]] = [("negative", headline) for headline in script["stories"]]
    yield from _told(rng, stories, SURGE_FROM + timedelta(minutes=8), SURGE_TO)
    yield from _reprints(rng, script)
    recovered = START + timedelta(days=DAYS) - timedelta(hours=6)
    yield from _told(rng, script["recovery"], SURGE_TO + timedelta(hours=4), recovered)


def _reprints(rng: random.Random, script: dict[str, Any]) -> Iterator[NewsItem]:
    wordings = [prefix + wire for prefix in script["prefixes"] for wire in script["wire"]][1:]
    for headline in rng.sample(wordings, REPRINT_COUNT):
        at = SURGE_FROM + timedelta(minutes=rng.randrange(3, 270))
        yield _story(at, rng.choice(SOURCES[1:]), headline, "negative", wire=True)


def _told(
    rng: random.Random, told: Iterable[tuple[Tone, str]], since: datetime, until: datetime
) -> Iterator[NewsItem]:
    stories = list(told)
    for at, (tone, headline) in zip(_spread(rng, since, until, len(stories)), stories, strict=True):
        yield _story(at, rng.choice(SOURCES), headline, tone)


def _story(at: datetime, source: str, headline: str, tone: Tone, *, wire: bool = False) -> NewsItem:
    return NewsItem(at, source, SURGE_COMPANY, headline, "", tone, wire)


def _busy_but_calm(rng: random.Random, company: Company) -> Iterator[NewsItem]:
    fair = [template for template in _templates(company) if template["tone"] != "negative"]
    chosen = rng.sample(fair, CALM_COUNT)
    # A third of its news comes on one afternoon: many stories alone are no reason for an alert.
    launch = START + timedelta(days=4, hours=13)
    rush = CALM_COUNT // 3
    times = [
        *_spread(rng, launch, launch + timedelta(hours=4), rush),
        *_spread(rng, START, START + timedelta(days=DAYS), CALM_COUNT - rush),
    ]
    for at, template in zip(times, chosen, strict=True):
        yield _filled(rng, company, template, at)


def _everyday(rng: random.Random, company: Company) -> Iterator[NewsItem]:
    # About one story a day, so a bad one never meets enough others to look like a surge.
    chosen = rng.sample(_templates(company), NOISE_PER_COMPANY)
    times = _spread(rng, START, START + timedelta(days=DAYS), NOISE_PER_COMPANY)
    for at, template in zip(times, chosen, strict=True):
        yield _filled(rng, company, template, at)


def _filled(rng: random.Random, company: Company, template: Template, at: datetime) -> NewsItem:
    slots = _slots(rng, company)
    return NewsItem(
        occurred_at=at,
        source=rng.choice(SOURCES),
        company=company["name"],
        headline=template["text"].format_map(slots),
        body=rng.choice(BODIES).format_map(slots),
        tone=template["tone"],
    )


def _templates(company: Company) -> list[Template]:
    """Return the headlines that suit the company: a bank recalls no product."""
    return [t for t in _read("headlines.json") if "only" not in t or t["only"] in company["makes"]]


def _slots(rng: random.Random, company: Company) -> dict[str, str]:
    low, eps = rng.randrange(8, 90), rng.randrange(8, 60)
    return {
        "company": company["name"],
        "ticker": f"${company['ticker']}",
        "product": company["product"],
        "site": company["site"],
        "broker": rng.choice(BROKERS),
        "person": rng.choice(PEOPLE),
        "place": rng.choice(PLACES),
        "pct": str(rng.randrange(4, 15)),
        "count": str(rng.randrange(2, 60) * 50),
        "money": str(rng.randrange(3, 80) * 10),
        "low": str(low),
        "high": str(low + rng.randrange(3, 20)),
        "eps": f"0.{eps:02d}",
        "eps_more": f"0.{eps + rng.randrange(2, 20):02d}",
    }


def _spread(rng: random.Random, since: datetime, until: datetime, count: int) -> list[datetime]:
    """Return `count` ascending times, one at random in each of `count` equal parts of the period."""
    part_s = (until - since).total_seconds() / count
    return [since + timedelta(seconds=int((i + rng.random()) * part_s)) for i in range(count)]


def _read(name: str) -> Any:
    return json.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))
