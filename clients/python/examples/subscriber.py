"""Prints each route of a message and each alert: `python subscriber.py`.

TIDEMILL__KAFKA__BOOTSTRAP names the broker.
"""

import asyncio
import os

from tidemill_events import SentimentAlertRaised, SupportMessageRouted, subscribe


async def main() -> None:
    """Run until Ctrl-C."""
    bootstrap = os.environ["TIDEMILL__KAFKA__BOOTSTRAP"]
    types = (SupportMessageRouted, SentimentAlertRaised)
    async with subscribe(*types, bootstrap=bootstrap, group="my-python-subscriber") as events:
        async for event in events:
            match event:
                case SupportMessageRouted():
                    print("route", event.lane, event.queue, event.text, flush=True)
                case SentimentAlertRaised():
                    print("alert", event.company, event.negative_count, event.story_count, flush=True)


if __name__ == "__main__":
    asyncio.run(main())
