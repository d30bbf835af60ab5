"""State of the live screen: the latest events, and the state of each part."""

from collections import Counter, deque
from dataclasses import dataclass, field

from deploy.local.part import PartEvent, PartState
from shared.accounts.gauges import Gauges
from shared.accounts.ledger import Ledger
from shared.events import Event, ImageAnalyzed, Lane, NewsArticleAnalyzed, SupportMessageRouted
from shared.events.sentiment import SentimentAlert

_KEPT_COUNT = 100


def _latest() -> deque[Event]:
    return deque(maxlen=_KEPT_COUNT)


@dataclass(slots=True)
class View:
    """Everything that the live screen shows; the session fills it."""

    ledger: Ledger = field(default_factory=Ledger)
    gauges: Gauges = field(default_factory=Gauges)
    parts: dict[str, PartEvent] = field(default_factory=dict)
    routed: deque[Event] = field(default_factory=_latest)
    alerts: deque[Event] = field(default_factory=_latest)
    news: deque[Event] = field(default_factory=_latest)
    images: deque[Event] = field(default_factory=_latest)
    lanes: Counter[Lane] = field(default_factory=Counter)
    playing: str = "starting"
    """Current activity, in a few words."""

    broker: str = ""
    """Address of Kafka, once it runs."""

    gateway: str = ""
    """Address of the gateway, once it runs."""

    dashboard: str = ""
    """Address of the dashboard's page, once it runs."""

    ready: bool = False

    def note(self, event: Event) -> None:
        """Keep an event if the screen shows its kind."""
        match event:
            case SupportMessageRouted():
                self.routed.append(event)
                self.lanes[event.lane] += 1
            case SentimentAlert():
                self.alerts.append(event)
            case NewsArticleAnalyzed():
                self.news.append(event)
            case ImageAnalyzed():
                self.images.append(event)
            case _:
                pass

    def troubles(self) -> list[PartEvent]:
        """Return the parts that are not ready, after the start; none during it."""
        return [part for part in self.parts.values() if self.ready and part.state is not PartState.READY]
