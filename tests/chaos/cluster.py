"""Several Kafka nodes on one machine: for what a single one can't show, such as a leader that changes."""

from pathlib import Path

from deploy.kafka.real import RealKafka, new_cluster_id
from deploy.local.ports import LOOPBACK, free_port

_INTERNAL_TOPICS = ("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")


def kafka_cluster(folder: Path, libs: Path, *, nodes: int = 3) -> list[RealKafka]:
    """Return nodes that hold a copy of each record each, and acknowledge it when most of them have it."""
    controllers = [free_port() for _ in range(nodes)]
    voters = ",".join(f"{number}@{LOOPBACK}:{port}" for number, port in enumerate(controllers, start=1))
    cluster_id, most = new_cluster_id(), str(nodes // 2 + 1)
    copies = {
        "controller.quorum.voters": voters,
        "default.replication.factor": str(nodes),
        "min.insync.replicas": most,
        # Kafka's own, as for any cluster whose partitions move when a node is slow.
        "broker.session.timeout.ms": "9000",
        "broker.heartbeat.interval.ms": "2000",
        **{f"{topic}.replication.factor": str(nodes) for topic in _INTERNAL_TOPICS},
        "transaction.state.log.min.isr": most,
        "share.coordinator.state.topic.min.isr": most,
    }
    return [
        RealKafka(
            folder / f"node-{number}",
            libs,
            controller_port=port,
            properties={"node.id": str(number), **copies},
            name=f"kafka-{number}",
            cluster_id=cluster_id,
        )
        for number, port in enumerate(controllers, start=1)
    ]
