"""`python -m services.dashboard`."""

from services.dashboard.app import serve
from services.dashboard.settings import Settings
from shared.process.run import main

if __name__ == "__main__":
    main("dashboard", Settings, serve)
