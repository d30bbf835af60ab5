"""A dashboard in this process, without Kafka: pages, state and door, with keys that a test hands out."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from deploy.local.paths import MODELS
from services.dashboard.assets import HTMX, Assets, load_assets
from services.dashboard.door import Door
from services.dashboard.drawing import Drawing
from services.dashboard.formats import FILTERS
from services.dashboard.gateway import Me, gateway
from services.dashboard.hub import Hub, HubLimits
from services.dashboard.pages import application
from services.dashboard.rendering import Renderer
from services.dashboard.routes.registry import routers
from services.dashboard.session import Sessions
from services.dashboard.settings import Settings
from services.dashboard.site import Site
from services.dashboard.state.state import State
from services.dashboard.views.page import Page
from services.dashboard.views.registry import pages
from shared.corrections.labels import Labels
from shared.errors import RetryableError
from shared.keys.scope import Scope

ORIGIN = "http://127.0.0.1"
EVERYTHING = frozenset(Scope)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return its time."""
        return self.now

    def pass_by(self, **length: float) -> None:
        """Let time pass."""
        self.now += timedelta(**length)


class KnownKeys:
    """The keys of a gateway: by secret; open to anybody when it has none."""

    def __init__(self, **keys: frozenset[Scope]) -> None:
        self.by_secret = dict(keys)
        self.is_away = False

    async def me(self, secret: str | None) -> Me | None:
        """Return a key, as the gateway does."""
        if self.is_away:
            raise RetryableError("the gateway does not answer")
        if not self.by_secret:
            return Me(key_id="open", name="open", scopes=EVERYTHING)
        scopes = self.by_secret.get(secret or "")
        return None if scopes is None else Me(key_id=f"k-{secret}", name=str(secret), scopes=scopes)


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Parts of a dashboard that a test reaches."""

    client: httpx.AsyncClient
    site: Site
    state: State
    keys: KnownKeys
    clock: Clock
    pages: tuple[Page, ...]


@contextmanager
def assets() -> Iterator[Assets]:
    """Yield our static files, with an empty script in place of the package's."""
    with TemporaryDirectory() as folder:
        (Path(folder) / HTMX).write_text("/* htmx */")
        yield load_assets(Path(folder))


@asynccontextmanager
async def dashboard(
    keys: KnownKeys | None = None, *, is_loopback: bool = True, gateway_url: str = "http://127.0.0.1:9"
) -> AsyncIterator[Dashboard]:
    """Yield a dashboard whose gateway has these keys, none at all unless they are given.

    What viewers do is sent to `gateway_url`, where by default nobody listens.
    """
    clock, known = Clock(), keys or KnownKeys()
    state = State(clock)
    shown = pages(Settings(models_dir=Path()))
    with assets() as files:
        async with gateway(gateway_url) as client:
            drawing = Drawing(Renderer(files, FILTERS, pages=shown), state)
            site = Site(
                assets=files,
                state=state,
                drawing=drawing,
                hub=Hub(drawing.parts, lambda: state.revision, HubLimits()),
                door=Door(known, Sessions(clock), is_loopback=is_loopback),
                gateway=client,
                labels=Labels(repository=MODELS, intents_file=MODELS / "no_intents.json"),
                is_secure=False,
            )
            await site.door.ask()
            app = application(site, shown, routers(site), hosts=("127.0.0.1",))
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(app), base_url=ORIGIN, headers={"Origin": ORIGIN}
            ) as browser:
                yield Dashboard(browser, site, state, known, clock, shown)
