"""`python -m tests.integration.services.stock_faust`: an app as Faust's own guide writes it.

BROKER TOPIC GROUP take reads batches and fails on each; `count` in its place counts the records of each key
in a table. Both print a line of JSON for what they did.
"""

import asyncio
import json
import sys
from typing import Any

import faust


def app_of(broker: str, group: str) -> faust.App:
    """Return an app with Faust's defaults, but for what a test can't wait for or can't have."""
    return faust.App(
        group,
        broker=f"aiokafka://{broker}",
        store="memory://",
        key_serializer="raw",
        value_serializer="raw",
        broker_commit_interval=_COMMIT_INTERVAL_S[sys.argv[4]],
        broker_session_timeout=6.0,  # so long a killed one keeps its partitions
        broker_heartbeat_interval=1.5,
        consumer_auto_offset_reset="earliest",
        stream_wait_empty=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        autodiscover=False,
    )


_COMMIT_INTERVAL_S = {"take": 0.2, "count": 3600.0}
"""The counter is to be killed between a write of its table and the commit behind it."""


def say(**what: Any) -> None:
    """Print a line for the test."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def failing_batches(app: faust.App, topic: faust.TopicT) -> None:
    """Take batches, as a consumer does that asks a model; the model is away."""

    @app.agent(topic)
    async def agent(stream: Any) -> None:
        async for batch in stream.take(10, within=0.5):
            say(taken=len(batch))
            raise RuntimeError("the model is away")


def counted(app: faust.App, topic: faust.TopicT) -> None:
    """Count the records of each key."""
    table = app.Table("counts", default=int, partitions=1, key_type=bytes, value_type=int)

    @app.agent(topic)
    async def agent(stream: Any) -> None:
        async for event in stream.events():
            table[event.key] += 1
            say(counted=table[event.key])


async def run() -> None:
    """Run the app of the command line until it is killed."""
    broker, topic_name, group, kind = sys.argv[1:]
    app = app_of(broker, group)
    topic = app.topic(topic_name, key_type=bytes, value_type=bytes)
    {"take": failing_batches, "count": counted}[kind](app, topic)
    await app.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(run())
