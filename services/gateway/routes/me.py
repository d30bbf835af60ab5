"""`/v1/me`: the key that calls."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from services.gateway.guard.caller import Caller, Scope, caller

routes = APIRouter(prefix="/v1/me", tags=["keys"])


class Me(BaseModel):
    """A key, without its secret."""

    key_id: str
    name: str
    scopes: list[Scope]


@routes.get("")
async def me(key: Annotated[Caller, Depends(caller)]) -> Me:
    """Return id, name and scopes of the key that calls."""
    return Me(key_id=key.key_id, name=key.name, scopes=sorted(key.scopes))
