"""`python -m services.inference`."""

from services.inference.app import serve
from services.inference.settings import Settings
from shared.process.run import main

if __name__ == "__main__":
    main("inference", Settings, serve)
