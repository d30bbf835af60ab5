"""Door of the pages: who is let in, with which rights, and whether the gateway still knows the key."""

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from services.dashboard.gateway import Me
from services.dashboard.session import Session, Sessions
from shared.errors import ConfigError, RetryableError

_ASK_EVERY_S = 2.0
"""A revoked key ends its sessions within this time and one call."""

_KNOWN_WITHIN_S = 30.0

log = structlog.get_logger()


class Keys(Protocol):
    """Knows the keys: the gateway."""

    async def me(self, secret: str | None) -> Me | None:
        """Return a key's name and scopes; None when it is unknown. Raises RetryableError when away."""
        ...


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person who looks at the pages."""

    me: Me
    csrf: str = field(repr=False)
    """Token that a form must send along."""

    session: Session | None = None
    """None at a gateway without keys."""

    @property
    def secret(self) -> str | None:
        """Return the key for calls of the gateway; None at a gateway without keys."""
        return self.session.secret if self.session else None

    @property
    def is_welcome(self) -> bool:
        """Return whether the session goes on."""
        return self.session is None or self.session.is_open


class Door:
    """Lets in anybody while the gateway has no keys, else those who have shown one."""

    def __init__(self, keys: Keys, sessions: Sessions, *, is_loopback: bool) -> None:
        self._keys = keys
        self.sessions = sessions
        self._is_loopback = is_loopback
        self._csrf = secrets.token_urlsafe(32)
        self._anybody: Me | None = None
        self.fault: str | None = "the gateway has not been asked yet"
        """Reason for which nobody can be let in; None when all is well."""

    def viewer(self, session_id: str | None) -> Viewer | None:
        """Return the viewer of a request; None when a key must be shown first."""
        if session := self.sessions.find(session_id):
            return Viewer(session.me, session.csrf, session)
        return Viewer(self._anybody, self._csrf) if self._anybody else None

    async def login(self, secret: str) -> Session | None:
        """Return a new session; None for a key that the gateway does not know.

        Raises RetryableError when the gateway does not answer.
        """
        me = await self._keys.me(secret)
        if me is None:
            log.warning("login_refused")
            return None
        log.info("session_began", key_id=me.key_id)
        return self.sessions.begin(secret, me)

    def logout(self, session: Session) -> None:
        """End a session."""
        log.info("session_ended", key_id=session.me.key_id, why="logout")
        self.sessions.end(session)

    async def opened(self, stop: asyncio.Event) -> None:
        """Return when it is known who is let in, or at the stop.

        Raises ConfigError when that would be anybody, beyond this machine; RetryableError when the gateway
        does not answer for half a minute and pages are to be seen beyond this machine.
        """
        give_up_s = asyncio.get_running_loop().time() + _KNOWN_WITHIN_S
        await self.ask()
        while self.fault and not self._is_loopback and not stop.is_set():
            if self.fault == _OPEN_TO_ALL:
                raise ConfigError(_OPEN_TO_ALL)
            if asyncio.get_running_loop().time() > give_up_s:
                raise RetryableError(f"TIDEMILL__GATEWAY_URL: {self.fault}")
            await asyncio.sleep(_ASK_EVERY_S)
            await self.ask()

    async def run(self) -> None:
        """Ask the gateway about each key again and again, until cancelled."""
        while True:
            await asyncio.sleep(_ASK_EVERY_S)
            await self.ask()

    async def ask(self) -> None:
        """Ask whether the gateway has keys, and end the sessions of those that it does not know any more."""
        try:
            anybody = await self._keys.me(None)
            self.fault = _OPEN_TO_ALL if anybody and not self._is_loopback else None
            self._anybody = None if self.fault else anybody
            await self._check({session.secret for session in self.sessions})
        except RetryableError as error:
            # Whoever was in stays in: the pages show the last that was known.
            if self._anybody is None and not self.sessions:
                self.fault = str(error)

    async def _check(self, shown: set[str]) -> None:
        for secret in shown:
            me = await self._keys.me(secret)
            for session in self.sessions:
                if session.secret == secret:
                    self._renew(session, me)

    def _renew(self, session: Session, me: Me | None) -> None:
        if me is None:
            log.info("session_ended", key_id=session.me.key_id, why="key refused")
            self.sessions.end(session)
        else:
            session.me = me


_OPEN_TO_ALL = (
    "TIDEMILL__DASHBOARD__HOST: pages are shown beyond this machine only to those who have a key, and the "
    "gateway has none; set TIDEMILL__KEYS_FILE at the gateway (tidemill keys add), or listen on 127.0.0.1"
)
