"""`python -m services.gateway`."""

from services.gateway.app import serve
from services.gateway.settings import Settings
from shared.process.run import main

if __name__ == "__main__":
    main("gateway", Settings, serve)
