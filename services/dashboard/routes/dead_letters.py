"""`/dead/...`: lists, shows and replays dead letters by calls of the gateway with the viewer's key."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from services.dashboard.door import Viewer
from services.dashboard.routes.fragments import asked
from services.dashboard.site import Site
from services.dashboard.views.dead import FILTERS
from shared.keys.scope import Scope

_PATH = "/v1/dead-letters"
_TIMES = ("since", "until")
TRACE_HEADERS = ("traceparent", "tracestate")


def router(site: Site) -> APIRouter:
    """Return the routes."""
    routes = APIRouter()

    @routes.get("/dead/letters")
    async def letters(request: Request) -> Response:
        viewer = site.viewer(request, needs=Scope.DEAD_READ)
        filters = chosen(request.query_params)
        call = site.gateway.call("GET", _PATH, secret=viewer.secret, params=filters)
        body, fault = await asked(call)
        values = {
            "viewer": viewer,
            "fault": fault,
            "letters": body["letters"] if body else [],
            "next": next_address(filters, body["next"]) if body and body["next"] else None,
            "filters": filters,
            "trace_headers": TRACE_HEADERS,
            "may_replay": viewer.me.may(Scope.DEAD_REPLAY),
        }
        return site.html("dead_list.html", values)

    @routes.get("/dead/letters/{topic}/{partition}/{offset}")
    async def letter(request: Request, topic: str, partition: int, offset: int) -> Response:
        viewer = site.viewer(request, needs=Scope.DEAD_READ)
        path = f"{_PATH}/{quote(topic, safe='')}/{partition}/{offset}"
        body, fault = await asked(site.gateway.call("GET", path, secret=viewer.secret))
        may_read = viewer.me.may(Scope.TEXT_READ)
        return site.html("dead_letter.html", {"letter": body, "fault": fault, "may_read": may_read})

    @routes.post("/dead/replay")
    async def replay(request: Request) -> Response:
        viewer, form = await site.posted(request, needs=Scope.DEAD_REPLAY)
        return await _replay(site, viewer, form)

    return routes


async def _replay(site: Site, viewer: Viewer, form: FormData) -> Response:
    """Check or do a replay; the answer goes on by itself while letters are left."""
    wish, is_check = replay_wish(form), form.get("step") != "send"
    fault = "" if wish.get("places") or "filter" in wish else "Choose a letter first."
    body: Mapping[str, Any] | None = None
    if not fault:
        call = site.gateway.call(
            "POST",
            f"{_PATH}/replay",
            secret=viewer.secret,
            json={**wish, "dry_run": is_check},
        )
        body, fault = await asked(call)
    done = _count(form.get("done")) + (body["sent"] if body else 0)
    return site.html(
        "dead_outcome.html",
        {
            "fault": fault,
            "outcome": body,
            "is_check": is_check,
            "done": done,
            "fields": [(name, value) for name, value in form.multi_items() if name not in {"step", "done"}],
            "goes_on": bool(body and not is_check and body["due"] and body["sent"] and not wish["again"]),
        },
    )


def chosen(query: Mapping[str, str]) -> dict[str, str]:
    """Return the filters of an address as the gateway takes them; times without a zone are UTC."""
    found = {name: value.strip() for name in FILTERS if (value := query.get(name, "")).strip()}
    return {name: with_zone(value) if name in _TIMES else value for name, value in found.items()}


def with_zone(time: str) -> str:
    """Return a time of a form's field with its zone."""
    if len(time) == len("2026-03-04T12:00"):
        return f"{time}:00Z"
    return f"{time}Z" if len(time) == len("2026-03-04T12:00:00") else time


def next_address(filters: Mapping[str, str], after: str) -> str:
    """Return the address of the list's next page."""
    return f"/dead?{urlencode({**filters, 'after': after})}"


def replay_wish(form: FormData) -> dict[str, Any]:
    """Return the body of a replay: of the chosen letters, or of all that the filter fits."""
    more = str(form.get("leave_more", "")).split(",")
    leave = {str(each).strip() for each in (*form.getlist("leave"), *more)} - {""}
    wish: dict[str, Any] = {"leave_out_headers": sorted(leave), "again": form.get("again") == "yes"}
    if form.get("scope") == "all":
        filters = chosen({name: str(value) for name, value in form.items()})
        wish["filter"] = {name: value for name, value in filters.items() if name not in {"order", "after"}}
        wish["again"] = False
        return wish
    places = [place for each in form.getlist("place") if (place := _place(str(each)))]
    return wish | {"places": places}


def _place(text: str) -> dict[str, Any] | None:
    topic, _, rest = text.partition("/")
    partition, _, offset = rest.partition("/")
    if not (partition.isdecimal() and offset.isdecimal()):
        return None
    return {"topic": topic, "partition": int(partition), "offset": int(offset)}


def _count(value: object) -> int:
    return int(value) if isinstance(value, str) and value.isdecimal() else 0
