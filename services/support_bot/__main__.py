"""`python -m services.support_bot`."""

from services.support_bot.app import serve
from services.support_bot.settings import Settings
from shared.process.run import main

if __name__ == "__main__":
    main("support_bot", Settings, serve)
