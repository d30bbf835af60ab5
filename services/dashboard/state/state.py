"""State: everything that the pages show."""

from collections.abc import Callable, Iterable
from datetime import datetime

from services.dashboard.state.cards import Card
from services.dashboard.state.flow import Flow
from services.dashboard.state.images import Images
from services.dashboard.state.latest import Latest
from services.dashboard.state.news import News
from services.dashboard.state.positions import Positions
from services.dashboard.state.results import Results
from services.dashboard.state.services import Services
from services.dashboard.state.window import BUCKET_S
from shared.bus.record import Record


class State:
    """Folds of the records of all topics; each page reads those that it shows.

    A further fold is a class with a method that takes a record, and one line in `begin_anew` and in `note`.
    """

    def __init__(self, clock: Callable[[], datetime], services: Iterable[str] = ()) -> None:
        """`services` are the names of those that report themselves."""
        self._clock = clock
        self.services = Services(services)
        self.positions = Positions()
        self.cards: tuple[Card, ...] = ()
        self._count = 0
        self.is_loading = True
        """Set while old records are read again: pages stay as they are until that is done."""
        self.kafka_away_since: datetime | None = None
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget all records: Kafka answers, and they are read again."""
        self.is_loading = True
        self.kafka_away_since = None
        self.latest = Latest()
        self.flow = Flow()
        self.news = News()
        self.images = Images()
        self.results = Results()

    def note(self, record: Record) -> None:
        """Enter a record."""
        self.latest.add(record)
        self.flow.note(record, self.now_ms)
        self.news.note(record)
        self.images.note(record)
        self.results.note(record)
        if not self.is_loading:
            self.changed()

    def kafka_left(self, when: datetime) -> None:
        """Note that Kafka does not answer, since `when` if it did until then."""
        self.kafka_away_since = self.kafka_away_since or when
        self.changed()

    def caught_up(self) -> None:
        """Note that Kafka answers, and that all of its records have been entered."""
        if self.is_loading or self.kafka_away_since is not None:
            self.is_loading = False
            self.kafka_away_since = None
            self.changed()

    def changed(self) -> None:
        """Count a change: views are rendered again at the next tick."""
        self._count += 1

    @property
    def now(self) -> datetime:
        """Return the time."""
        return self._clock()

    @property
    def now_ms(self) -> int:
        """Return the time in ms since 1970."""
        return int(self._clock().timestamp() * 1000)

    @property
    def revision(self) -> int:
        """Return a number that is another one after each change, and with each bucket of the windows."""
        return self._count + self.now_ms // (1000 * BUCKET_S)
