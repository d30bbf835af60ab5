"""Catalogue of streams: every service with its topics, consumer group, table and models, listed once.

Settings, commands, accounts, documents and tests derive their lists from `SERVICES`. The catalogue is no part
of the public contract, which is `shared.events`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.events import (
    BY_NAME,
    CORRECTIONS,
    DEAD_SUFFIX,
    INPUTS,
    CustomerMessageAnalyzed,
    CustomerMessageReceived,
    Event,
    ImageAnalyzed,
    ImageReceived,
    NewsArticleAnalyzed,
    NewsArticlePublished,
    SentimentAlertRaised,
    SentimentAlertResolved,
    SentimentAlertUpdated,
    SupportMessageRouted,
)

COMPACTED: Mapping[str, str] = {
    "cleanup.policy": "compact",
    "min.cleanable.dirty.ratio": "0.1",
    "segment.bytes": str(16 * 1024 * 1024),
}
"""Configuration of a topic that keeps the last value of each key and soon deletes the older ones."""


REPLAY_GROUP = "tidemill-dead-replay"
"""Name, or first part of the name, of the groups whose offsets say how far dead letters were replayed."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a stateful service; its changelog is the topic that it is recovered from."""

    name: str
    topic_config: Mapping[str, str] = field(default_factory=lambda: COMPACTED)

    def changelog(self, group: str) -> str:
        """Return the topic of the changelog, for the consumer group of the service."""
        return f"{group}-{self.name}-changelog"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One process: the topics it reads and writes, as which consumer group, with which models."""

    name: str
    module: str
    """Started by `python -m`."""

    inputs: tuple[type[Event], ...] = ()
    """Events that it reads as a consumer group, one topic each; they share their key when the service has a
    table.
    """

    outputs: tuple[type[Event], ...] = ()
    """Events that it publishes, one topic each."""

    watches: tuple[type[Event], ...] = ()
    """Events that it reads without a group: it commits nothing, and each process reads all partitions."""

    reads_dead_letters: bool = False
    """True when it reads the dead letters of all topics, without a group."""

    replays: bool = False
    """True when it sends the records of dead letters to their topics again."""

    sees_groups: bool = False
    """True when it asks Kafka how far all groups are."""

    answers: type[Event] | None = None
    """The input of which each record gets exactly one result or one dead letter; None where there is none."""

    cause_field: str = "cause_id"
    """Field of a result that holds the `event_id` of the input that Tidemill was sent first."""

    stream: str | None = None
    """Value of TIDEMILL__STREAM that selects this service, where several share a module."""

    models: tuple[str, ...] = ()
    """Models that it asks, each with a task in `shared.serving.tasks`. Of the models asked about one event,
    the first makes the result, and the others add to it.
    """

    bulk: bool = False
    """True when nobody waits for the results: the process and its models leave the CPU to the others."""

    table: Table | None = None

    inputs_alias: str | None = None
    """Short name of the input topics, for people."""

    outputs_alias: str | None = None
    """Short name of the output topics, for people."""

    @property
    def group(self) -> str:
        """Return the consumer group whose offsets it commits; also its user name at a secured broker."""
        return f"tidemill-{self.name}"

    @property
    def publisher(self) -> str:
        """Return the header `ce_source` of its results."""
        return f"tidemill/{self.module.rpartition('.')[2]}"

    @property
    def key_field(self) -> str:
        """Return the field by which its input is ordered."""
        return self.inputs[0].key_field

    @property
    def input_topics(self) -> tuple[str, ...]:
        """Return the topics that it reads."""
        return tuple(event.name for event in self.inputs)

    @property
    def output_topics(self) -> tuple[str, ...]:
        """Return the topics that it writes, without dead letters and changelog."""
        return tuple(event.name for event in self.outputs)

    @property
    def dead_topics(self) -> tuple[str, ...]:
        """Return the topics of its dead letters, one for each input topic."""
        return tuple(name + DEAD_SUFFIX for name in self.input_topics)

    @property
    def watched_topics(self) -> tuple[str, ...]:
        """Return the topics that it reads without a group."""
        dead = DEAD_TOPICS if self.reads_dead_letters else ()
        return (*(event.name for event in self.watches), *dead)

    @property
    def replayed_topics(self) -> tuple[str, ...]:
        """Return the topics that it sends records of dead letters to."""
        return tuple(topic.removesuffix(DEAD_SUFFIX) for topic in DEAD_TOPICS) if self.replays else ()

    @property
    def changelog(self) -> str | None:
        """Return the topic that its table is recovered from; None without a table."""
        return self.table.changelog(self.group) if self.table else None

    @property
    def env(self) -> Mapping[str, str]:
        """Return the variables that make a process of `module` this service."""
        return {"TIDEMILL__STREAM": self.stream} if self.stream else {}


def _inference(
    stream: str, reads: type[Event], writes: type[Event], *, models: tuple[str, ...], bulk: bool = False
) -> Service:
    return Service(
        name=f"inference-{stream}",
        module="services.inference",
        inputs=(reads,),
        outputs=(writes,),
        answers=reads,
        stream=stream,
        models=models,
        bulk=bulk,
        inputs_alias=stream,
    )


INFERENCE = (
    _inference(
        "messages",
        CustomerMessageReceived,
        CustomerMessageAnalyzed,
        models=("support_intent", "review_sentiment"),
    ),
    _inference(
        "news", NewsArticlePublished, NewsArticleAnalyzed, models=("news_tone", "entities"), bulk=True
    ),
    _inference("images", ImageReceived, ImageAnalyzed, models=("digit", "dish_photo")),
)

SUPPORT_BOT = Service(
    name="support-bot",
    module="services.support_bot",
    inputs=(CustomerMessageAnalyzed,),
    outputs=(SupportMessageRouted,),
    answers=CustomerMessageAnalyzed,
    cause_field="message_id",
    outputs_alias="routed",
)

SENTIMENT_ALERTS = Service(
    name="sentiment-alerts",
    module="services.sentiment_alerts",
    inputs=(NewsArticleAnalyzed,),
    outputs=(SentimentAlertRaised, SentimentAlertUpdated, SentimentAlertResolved),
    table=Table("companies"),
    outputs_alias="alerts",
)

GATEWAY = Service(
    name="gateway",
    module="services.gateway",
    outputs=(*INPUTS, *CORRECTIONS),
    watches=tuple(BY_NAME.values()),
    reads_dead_letters=True,
    replays=True,
    sees_groups=True,
    models=tuple(model for service in INFERENCE for model in service.models),
)

DASHBOARD = Service(
    name="dashboard",
    module="services.dashboard",
    watches=tuple(BY_NAME.values()),
    reads_dead_letters=True,
    sees_groups=True,
)

SERVICES = (*INFERENCE, SUPPORT_BOT, SENTIMENT_ALERTS, GATEWAY, DASHBOARD)

STREAMS: Mapping[str, Service] = {service.stream: service for service in INFERENCE if service.stream}
"""The services of `services.inference` by the value of TIDEMILL__STREAM."""

MODELS = tuple(dict.fromkeys(model for service in SERVICES for model in service.models))
"""Every model that a service asks."""

BULK_MODELS = tuple(model for service in SERVICES if service.bulk for model in service.models)
"""Models that leave the CPU to the others."""

DEAD_TOPICS = tuple(dict.fromkeys(topic for service in SERVICES for topic in service.dead_topics))
"""Topics of dead letters, whether they exist or not."""

ALIASES: Mapping[str, tuple[str, ...]] = {
    alias: topics
    for service in SERVICES
    for alias, topics in (
        (service.inputs_alias, service.input_topics),
        (service.outputs_alias, service.output_topics),
    )
    if alias
}
"""Short names for people, each with the topics that it stands for."""

CAUSE_FIELDS: Mapping[type[Event], str] = {
    output: service.cause_field for service in SERVICES if service.answers for output in service.outputs
}
"""Results that answer one input each, with the field that holds that input's `event_id`."""

LAST_RESULTS = frozenset(CAUSE_FIELDS) - {service.answers for service in SERVICES}
"""Those after which no further result for the same input follows."""


def readers(topic: str) -> tuple[Service, ...]:
    """Return the services that read a topic."""
    return tuple(service for service in SERVICES if topic in service.input_topics)
