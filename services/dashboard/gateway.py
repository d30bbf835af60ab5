"""Client of the gateway: what a viewer changes is a call with the viewer's key."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import RetryableError
from shared.keys.scope import Scope

_KEY_KNOWN_WITHIN_S = 5.0
_TIMEOUT = aiohttp.ClientTimeout(total=60.0)
"""A call that replays many dead letters takes its time."""


class Me(BaseModel):
    """A key as the gateway knows it, without its secret."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    key_id: str
    name: str
    scopes: frozenset[str]

    def may(self, scope: Scope) -> bool:
        """Return whether the key has this scope."""
        return scope in self.scopes


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer of the gateway."""

    status: int
    body: Any
    """Parsed JSON, the text of another media type, None for what is broken."""

    @property
    def is_fine(self) -> bool:
        """Return whether the gateway did what it was asked for."""
        return 200 <= self.status < 300

    @property
    def why(self) -> str:
        """Return the reason of a refusal, with its cure, as the gateway tells it."""
        detail = self.body.get("detail") if isinstance(self.body, dict) else None
        return str(detail or f"the gateway answered {self.status}")


class Gateway:
    """The gateway at one address."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self.session = session

    async def me(self, secret: str | None) -> Me | None:
        """Return the key that `secret` is; None when the gateway knows no such key.

        Without a secret: the rights of anybody at a gateway without keys, None at one with keys. Raises
        RetryableError when the gateway does not answer.
        """
        try:
            async with asyncio.timeout(_KEY_KNOWN_WITHIN_S):
                answer = await self.call("GET", "/v1/me", secret=secret)
        except TimeoutError:
            raise RetryableError("the gateway does not answer in time") from None
        if answer.status in {401, 403}:
            return None
        try:
            return Me.model_validate(answer.body)
        except ValidationError:
            raise RetryableError(f"TIDEMILL__GATEWAY_URL: {answer.why}") from None

    async def call(
        self,
        method: str,
        path: str,
        *,
        secret: str | None,
        json: Any = None,
        params: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return the answer to a call with a viewer's key.

        Raises RetryableError when the gateway does not answer.
        """
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        try:
            async with self.session.request(
                method, self._url + path, json=json, params=params, headers=headers
            ) as answer:
                return Answer(answer.status, await _body(answer))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            # The error's own text may hold the request with its headers.
            raise RetryableError(f"the gateway does not answer ({type(error).__name__})") from None


async def _body(answer: aiohttp.ClientResponse) -> Any:
    try:
        if answer.content_type.endswith("json"):
            return await answer.json(content_type=None)
        return await answer.text()
    except ValueError:
        return None


@asynccontextmanager
async def gateway(url: str) -> AsyncIterator[Gateway]:
    """Yield the client, with connections that are kept open."""
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
        yield Gateway(url, session)
