"""The public contract: one class an event, one topic a class."""

from shared.events.corrections import ImageCorrected, NewsArticleCorrected, SupportMessageCorrected
from shared.events.customer import Channel, CustomerMessageAnalyzed, CustomerMessageReceived
from shared.events.decision import DecisionRecord, Prediction
from shared.events.envelope import Event
from shared.events.image import ImageAnalyzed, ImageKind, ImageReceived
from shared.events.news import Entity, EntityType, NewsArticleAnalyzed, NewsArticlePublished
from shared.events.sentiment import (
    Evidence,
    SentimentAlertRaised,
    SentimentAlertResolved,
    SentimentAlertUpdated,
)
from shared.events.support import Lane, Priority, SupportMessageRouted
from shared.reasons import Reason

INPUTS: tuple[type[Event], ...] = (CustomerMessageReceived, NewsArticlePublished, ImageReceived)
"""Events that others publish and Tidemill reads first."""

RESULTS: tuple[type[Event], ...] = (
    CustomerMessageAnalyzed,
    NewsArticleAnalyzed,
    ImageAnalyzed,
    SupportMessageRouted,
    SentimentAlertRaised,
    SentimentAlertUpdated,
    SentimentAlertResolved,
)
"""Events that Tidemill's models and services publish."""

CORRECTIONS: tuple[type[Event], ...] = (SupportMessageCorrected, NewsArticleCorrected, ImageCorrected)
"""Events that a person causes, by correcting a result."""

BY_NAME: dict[str, type[Event]] = {event.name: event for event in (*INPUTS, *RESULTS, *CORRECTIONS)}
"""Every event class by its wire name, which is also its topic."""

DEAD_SUFFIX = ".dead"
"""Dead letters of topic T are on T.dead."""

__all__ = [
    "BY_NAME",
    "CORRECTIONS",
    "DEAD_SUFFIX",
    "INPUTS",
    "RESULTS",
    "Channel",
    "CustomerMessageAnalyzed",
    "CustomerMessageReceived",
    "DecisionRecord",
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
    "SentimentAlertRaised",
    "SentimentAlertResolved",
    "SentimentAlertUpdated",
    "SupportMessageCorrected",
    "SupportMessageRouted",
]
