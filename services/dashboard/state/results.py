"""Results that people look through and correct, and what they have corrected."""

from services.dashboard.state.shelf import Shelf
from shared.bus.record import Record
from shared.corrections.book import Book
from shared.events import ImageAnalyzed, NewsArticleAnalyzed, SupportMessageRouted

_MESSAGES_MAX = 2_000
_OTHERS_MAX = 500


class Results:
    """The newest results of each kind, and the newest correction of each result."""

    def __init__(self) -> None:
        self.messages = Shelf(SupportMessageRouted, max_count=_MESSAGES_MAX)
        self.stories = Shelf(NewsArticleAnalyzed, max_count=_OTHERS_MAX)
        self.images = Shelf(ImageAnalyzed, max_count=_OTHERS_MAX)
        self.corrections = Book()

    def note(self, record: Record) -> None:
        """Enter a record of any topic."""
        match record.partition.topic:
            case SupportMessageRouted.name:
                self.messages.note(record)
            case NewsArticleAnalyzed.name:
                self.stories.note(record)
            case ImageAnalyzed.name:
                self.images.note(record)
            case _:
                self.corrections.note(record)
