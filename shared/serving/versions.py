"""Choice of the version that a worker serves: the newest one that works."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import structlog

from shared.errors import ConfigError, RetryableError, TidemillError
from shared.inference.port import ModelServer, ModelSpec
from shared.inference.status import WrongProtocolError
from shared.repository.bundle import ModelBundle, load_bundle
from shared.repository.versions import versions_in
from shared.serving.compatibility import check_fits

_ASK_EVERY_S = 0.5

Opened = TypeVar("Opened")
Open = Callable[[ModelBundle, ModelSpec], Awaitable[Opened]]
"""Makes a version able to answer. Raises when something is wrong with it."""

log = structlog.get_logger()


def to_try(folders: Iterable[str], ready: Collection[str], *, serving: str | None) -> list[str]:
    """Return the versions that are better than the one in service, best first.

    `folders` come newest first. An older version is better only when the one in service has lost its folder
    or left the server. While the server has no version, none is better.
    """
    servable = [version for version in folders if version in ready]
    return servable[: servable.index(serving)] if serving in servable else servable


class VersionWatch(Generic[Opened]):
    """Finds the version of one model to serve.

    A version counts when its folder exists, the server has it ready, its files fit, it opens and it answers a
    canary. A failure is logged once, and the version is tried again at the next look.
    """

    def __init__(self, server: ModelServer, repository: Path, model: str, open_version: Open[Opened]) -> None:
        self.serving: str | None = None
        self._server = server
        self._repository = repository
        self._model = model
        self._open = open_version
        self._refused: dict[str, Exception] = {}

    async def first(self, *, timeout_s: float) -> Opened:
        """Return the first version that works; wait for the server if need be.

        Raises ConfigError when there is no version, or as soon as none fits its files; after `timeout_s`
        RetryableError when the server has none, IntegrityError when its answers are wrong.
        """
        loop = asyncio.get_running_loop()
        give_up_s = loop.time() + timeout_s
        versions = versions_in(self._repository, self._model)
        log.info("model_awaited", model=self._model, versions=versions)
        while (opened := await self.look()) is None:
            refusals = [self._refused.get(version) for version in versions]
            if loop.time() >= give_up_s or all(isinstance(each, ConfigError) for each in refusals):
                raise next(filter(None, refusals), self._absent(versions, timeout_s))
            await asyncio.sleep(_ASK_EVERY_S)
        return opened

    async def look(self) -> Opened | None:
        """Return the version that takes over, opened; None when the one in service stays."""
        known, self._refused = self._refused, {}
        try:
            return await self._better()
        finally:
            for version, error in self._refused.items():
                if str(error) != str(known.get(version)):
                    self._tell(version, error)

    async def _better(self) -> Opened | None:
        versions = await asyncio.to_thread(versions_in, self._repository, self._model)
        answers = await asyncio.gather(*map(self._ready, versions))
        ready = {version: spec for version, spec in zip(versions, answers, strict=True) if spec}
        for version in to_try(versions, ready, serving=self.serving):
            try:
                opened = await self._opened(version, ready[version])
            except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the one that serves goes on
                self._refused[version] = error
            else:
                log.info("model_version_served", model=self._model, version=version, before=self.serving)
                self.serving = version
                return opened
        return None

    async def _ready(self, version: str) -> ModelSpec | None:
        try:
            return await self._server.ready(self._model, version)
        except WrongProtocolError:
            if self.serving is None:
                self._refused[version] = ConfigError(
                    "TIDEMILL__TRITON__ADDRESS: the server there speaks no gRPC; "
                    "name the port of Triton's gRPC endpoint, which is 8001 by default"
                )
            return None
        except RetryableError:
            return None
        except TidemillError as error:
            self._refused[version] = error
            return None

    async def _opened(self, version: str, spec: ModelSpec) -> Opened:
        bundle = await asyncio.to_thread(load_bundle, self._repository, self._model, version)
        check_fits(spec, bundle)
        opened = await self._open(bundle, spec)
        await self._server.canary(self._model, version)
        return opened

    def _tell(self, version: str, error: Exception) -> None:
        log.warning(
            "model_version_refused",
            model=self._model,
            version=version,
            why=str(error) or repr(error),
            serving=self.serving,
        )

    def _absent(self, versions: Sequence[str], timeout_s: float) -> TidemillError:
        if not versions:
            return ConfigError(
                f"{self._repository / self._model} holds no version of the model; check it out again, run "
                f"`make train MODEL={self._model}`, or set TIDEMILL__MODELS_DIR"
            )
        return RetryableError(
            f"Triton at TIDEMILL__TRITON__ADDRESS has no model {self._model} version {versions[0]} after "
            f"{timeout_s:.0f} s; it is to be started with --load-model={self._model}"
        )
