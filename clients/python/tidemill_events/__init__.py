"""Typed events of Tidemill, and a subscriber that handles each once.

The imports of `shared` become imports of this package when the wheel is built.
"""

from shared.errors import RejectedError
from shared.events import (
    BY_NAME,
    Channel,
    CustomerMessageAnalyzed,
    CustomerMessageReceived,
    DecisionRecord,
    Entity,
    EntityType,
    Event,
    Evidence,
    ImageAnalyzed,
    ImageCorrected,
    ImageKind,
    ImageReceived,
    Lane,
    NewsArticleAnalyzed,
    NewsArticleCorrected,
    NewsArticlePublished,
    Prediction,
    Priority,
    Reason,
    SentimentAlertRaised,
    SentimentAlertResolved,
    SentimentAlertUpdated,
    SupportMessageCorrected,
    SupportMessageRouted,
)
from shared.events.codec import Encoded, decode, encode
from shared.events.headers import Trace, new_trace

from .seen import Seen
from .subscriber import subscribe

__all__ = [
    "BY_NAME",
    "Channel",
    "CustomerMessageAnalyzed",
    "CustomerMessageReceived",
    "DecisionRecord",
    "Encoded",
    "Entity",
    "EntityType",
    "Event",
    "Evidence",
    "ImageAnalyzed",
    "ImageCorrected",
    "ImageKind",
    "ImageReceived",
    "Lane",
    "NewsArticleAnalyzed",
    "NewsArticleCorrected",
    "NewsArticlePublished",
    "Prediction",
    "Priority",
    "Reason",
    "RejectedError",
    "Seen",
    "SentimentAlertRaised",
    "SentimentAlertResolved",
    "SentimentAlertUpdated",
    "SupportMessageCorrected",
    "SupportMessageRouted",
    "Trace",
    "decode",
    "encode",
    "new_trace",
    "subscribe",
]
