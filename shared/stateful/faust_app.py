"""Set-up of Faust: acknowledgement by hand, committed records only, connections as in all our clients."""

import json
import sys
import tempfile
from typing import Any

import faust
import mode.threads
from faust.assignor.partition_assignor import PartitionAssignor
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport
from faust.types import TP

from shared.bus.kafka.client import tls
from shared.bus.kafka.identity import Identity
from shared.settings import KafkaSettings

_COMMIT_INTERVAL_S = 0.5


class _EndsWithProcess(mode.threads.WorkerThread):
    """A daemon thread: it does not keep a process alive when Faust takes too long to stop."""

    def __init__(self, service: mode.threads.ServiceThread, **options: Any) -> None:
        super().__init__(service, **options)
        self.daemon = True


class _CommittedThread(AIOKafkaConsumerThread):
    Worker = _EndsWithProcess

    def _create_worker_consumer(self, transport: Transport) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"  # noqa: SLF001 - Faust has no setting for it
        return consumer


class _CommittedConsumer(Consumer):
    def _new_consumer_thread(self) -> AIOKafkaConsumerThread:
        return _CommittedThread(self, loop=self.loop, beacon=self.beacon)


class _CommittedTransport(Transport):
    """Reads committed records only. Faust itself does so only where it writes in transactions.

    The ends of topics that it returns are those of committed records.
    """

    Consumer = _CommittedConsumer


def faust_app(kafka: KafkaSettings, *, group: str, identity: Identity | None) -> faust.App:
    """Return an app that is not started."""
    app = faust.App(group, **_options(kafka, identity))
    app.transport = _CommittedTransport(app.conf.broker_consumer, app)
    return app


def _assignor_of(identity: Identity | None) -> type[PartitionAssignor]:
    """Return Faust's assignor, with the identity's token in the metadata of each join."""
    if identity is None:
        return PartitionAssignor
    token = identity.token

    class WithToken(PartitionAssignor):
        def metadata(self, topics: set[str]) -> Any:
            joined = super().metadata(topics)
            facts = json.loads(joined.user_data) | {"tidemill_process": token}
            return type(joined)(joined.version, joined.subscription, json.dumps(facts).encode())

    return WithToken


async def seek_back(app: faust.App, place: TP, offset: int) -> None:
    """Return when the app reads on at an offset that it has passed over.

    Faust counts offsets that it passed over as acknowledged, like those of compacted records. Acknowledged
    once more they would be in its list twice, and it would commit only one offset each half second.
    """
    consumer: Any = app.consumer
    consumer._gap[place].chop(offset, sys.maxsize)  # noqa: SLF001 - Faust keeps them in spite of a seek
    await app.consumer.seek_wait({place: offset})


def _options(kafka: KafkaSettings, identity: Identity | None) -> dict[str, Any]:
    return {
        "broker": [f"aiokafka://{address}" for address in kafka.bootstrap.split(",")],
        "broker_credentials": _credentials(kafka),
        "broker_session_timeout": kafka.session_timeout_ms / 1000,
        "broker_commit_interval": _COMMIT_INTERVAL_S,
        "broker_heartbeat_interval": kafka.session_timeout_ms / 4000,
        "consumer_auto_offset_reset": "earliest",
        "consumer_group_instance_id": identity and identity.name,
        "PartitionAssignor": _assignor_of(identity),
        "producer_acks": -1,
        "producer_compression_type": None if kafka.compression == "none" else kafka.compression,
        "key_serializer": "raw",
        "value_serializer": "raw",
        "store": "memory://",
        "datadir": tempfile.gettempdir(),
        "processing_guarantee": "at_least_once",
        "stream_wait_empty": False,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "web_enabled": False,
        "autodiscover": False,
    }


def _credentials(kafka: KafkaSettings) -> faust.SASLCredentials | faust.SSLCredentials | None:
    context = tls(kafka)
    if kafka.security_protocol.startswith("SASL") and kafka.password is not None:
        return faust.SASLCredentials(
            username=kafka.username,
            password=kafka.password.get_secret_value(),
            mechanism=kafka.sasl_mechanism,
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context else None
