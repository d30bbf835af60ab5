"""Media types of bodies, and the refusal of others."""

from typing import Final

from starlette.requests import Request

from services.gateway.problems import Kind, ProblemError

JSON: Final = "application/json"


def media_type(request: Request) -> str:
    """Return the type of the body, in lower case and without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def unsupported(*types: str) -> ProblemError:
    """Return the problem of a body that has none of these types.

    Pages of other origins can send some of the others without being asked whether they may.
    """
    detail = f"send the body as {' or '.join(types)}, and say so in Content-Type"
    return ProblemError(Kind.UNSUPPORTED_MEDIA_TYPE, detail, headers={"Accept-Post": ", ".join(types)})
