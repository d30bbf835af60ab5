"""Sessions: a viewer shows an API key once, and a random id in a cookie stands for it afterwards."""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.dashboard.gateway import Me

_LASTS = timedelta(hours=12)
_IDLE = timedelta(hours=2)
_SESSIONS_MAX = 1_000


@dataclass(slots=True, eq=False)
class Session:
    """A viewer who has shown a key; kept in the memory of this process only."""

    secret: str = field(repr=False)
    me: Me
    began: datetime
    used: datetime
    id: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    """Token that each form of this viewer sends along."""

    is_open: bool = True
    """False once it has ended: streams that were opened in it end, too."""


class Sessions:
    """All open sessions, at most a thousand: a further one ends the oldest."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._by_id: OrderedDict[str, Session] = OrderedDict()

    def __len__(self) -> int:
        """Return how many are open."""
        return len(self._by_id)

    def __iter__(self) -> Iterator[Session]:
        """Yield a copy's sessions, so that some can be ended meanwhile."""
        return iter(list(self._by_id.values()))

    def begin(self, secret: str, me: Me) -> Session:
        """Return a new session of a key that the gateway knows."""
        now = self._clock()
        session = Session(secret=secret, me=me, began=now, used=now)
        self._by_id[session.id] = session
        while len(self._by_id) > _SESSIONS_MAX:
            self.end(next(iter(self._by_id.values())))
        return session

    def find(self, session_id: str | None) -> Session | None:
        """Return an open session and note its use; None when there is none, or its time is over."""
        session = self._by_id.get(session_id or "")
        if session is None:
            return None
        now = self._clock()
        if now - session.began > _LASTS or now - session.used > _IDLE:
            self.end(session)
            return None
        session.used = now
        return session

    def end(self, session: Session) -> None:
        """End a session."""
        session.is_open = False
        self._by_id.pop(session.id, None)
