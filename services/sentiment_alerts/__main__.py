"""`python -m services.sentiment_alerts`."""

from services.sentiment_alerts.app import serve
from services.sentiment_alerts.settings import Settings
from shared.process.run import main

if __name__ == "__main__":
    main("sentiment_alerts", Settings, serve)
