"""`/corrections/...`: results in the order of doubt, and a person's right answers, sent to the gateway."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from services.dashboard.door import Viewer
from services.dashboard.routes.fragments import asked, said
from services.dashboard.site import Site
from services.dashboard.views.doubt import KINDS, Doubt, choices, common_labels, doubt_at, doubts
from shared.bus.record import Partition, Place
from shared.keys.scope import Scope

_LISTED = 20
_RESOURCES = {"messages": "messages", "news": "articles", "images": "images"}
_FIELDS = {
    "messages": ("intent", "sentiment", "lane", "queue"),
    "news": ("sentiment", "topic"),
    "images": ("label",),
}
_FORMATS = {"jsonl": "application/jsonl", "csv": "text/csv"}


@dataclass(frozen=True, slots=True)
class Question:
    """A result with the answers to choose from."""

    doubt: Doubt
    choices: Sequence[str]
    labels: str
    """Id of the list of all labels of the field."""


def router(site: Site) -> APIRouter:
    """Return the routes."""
    routes = APIRouter()

    @routes.get("/corrections/list")
    async def listed(request: Request) -> Response:
        return await _list(site, site.viewer(request, needs=Scope.RESULTS_ALL), request.query_params)

    @routes.post("/corrections")
    async def correct(request: Request) -> Response:
        viewer, form = await site.posted(request, needs=Scope.CORRECTIONS_WRITE)
        return await _correct(site, viewer, form)

    @routes.get("/corrections/export")
    async def export(request: Request) -> Response:
        is_csv = request.query_params.get("format") == "csv"
        return await _export(site, site.viewer(request), "csv" if is_csv else "jsonl")

    return routes


async def _list(site: Site, viewer: Viewer, query: Mapping[str, str]) -> Response:
    """Return the results to judge, or the one at a place."""
    return site.html(
        "corrections_list.html",
        {
            "viewer": viewer,
            "is_single": "topic" in query,
            "may_correct": viewer.me.may(Scope.CORRECTIONS_WRITE),
            "may_read": viewer.me.may(Scope.TEXT_READ),
            "corrections": site.state.results.corrections,
            **await _questions(site, _found(site, query)),
        },
    )


async def _correct(site: Site, viewer: Viewer, form: FormData) -> Response:
    """Send a correction to the gateway, and say how it went."""
    kind, body = str(form.get("kind")), wish_of(form)
    if body is None:
        return said(site, "Choose an answer first.", tone="bad")
    call = site.gateway.call("POST", f"/v1/corrections/{_RESOURCES[kind]}", secret=viewer.secret, json=body)
    answer, fault = await asked(call)
    if fault:
        return said(site, f"Not corrected: {fault}", tone="bad")
    return said(site, _outcome(body, answer), tone="good", done=_done(form))


async def _export(site: Site, viewer: Viewer, kind: str) -> Response:
    """Return the corrections as a file."""
    params = {"format": kind}
    body, fault = await asked(
        site.gateway.call("GET", "/v1/corrections", secret=viewer.secret, params=params)
    )
    if fault:
        return site.html("refused.html", {"title": "Not exported", "why": fault}, status=502)
    headers = {
        "Content-Disposition": f'attachment; filename="corrections.{kind}"',
        "Cache-Control": "no-store",
    }
    return Response(body, headers=headers, media_type=_FORMATS[kind])


def _found(site: Site, query: Mapping[str, str]) -> list[Doubt]:
    results = site.state.results
    if "topic" in query:
        place = place_of(query)
        found = place and doubt_at(results, place)
        return [found] if found else []
    kind = query.get("kind")
    return doubts(results, kind if kind in KINDS else None)[:_LISTED]


async def _questions(site: Site, found: Sequence[Doubt]) -> dict[str, Any]:
    """Return the questions about some results, and each list of labels that they choose from."""
    common = common_labels(site.state.results)
    outputs = {(each.model, each.version, each.output) for each in found}
    labels = {
        _list_id(*output): sorted(await asyncio.to_thread(site.labels.of, *output)) for output in outputs
    }
    questions = [
        Question(each, choices(each, common), _list_id(each.model, each.version, each.output))
        for each in found
    ]
    return {"questions": questions, "labels": labels}


def _list_id(model: str, version: str, output: str) -> str:
    return f"labels-{model}-{version}-{output}"


def place_of(values: Mapping[str, object]) -> Place | None:
    """Return the place in the fields of a form or an address; None where it names none."""
    partition, offset = str(values.get("partition", "")), str(values.get("offset", ""))
    if not (partition.isdecimal() and offset.isdecimal()):
        return None
    return Place(Partition(str(values.get("topic", "")), int(partition)), int(offset))


def wish_of(form: FormData) -> dict[str, Any] | None:
    """Return the body of a correction; None where the form names no answer, or no result.

    A button is `right=FIELD=LABEL`; the fields of the longer form have the names of the answer.
    """
    place, fields = place_of(form), _FIELDS.get(str(form.get("kind")), ())
    right = {each: text for each in fields if (text := _text(form, each))}
    field, _, label = _text(form, "right").partition("=")
    if field in fields and label:
        right = {field: label}
    if place is None or not right:
        return None
    result = {"topic": place.partition.topic, "partition": place.partition.number, "offset": place.offset}
    words = {each: text for each in ("corrected_by", "note") if (text := _text(form, each))}
    return {"result": result, **right, **words}


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""


def _done(form: FormData) -> str | None:
    """Return the id of the list's element that is done; None for anything but the id of a result."""
    try:
        return f"doubt-{UUID(_text(form, 'id'))}"
    except ValueError:
        return None


def _outcome(body: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    said_fields = (each for fields in _FIELDS.values() for each in fields if each in body)
    right = ", ".join(f"{each} {body[each]}".replace("_", " ") for each in dict.fromkeys(said_fields))
    if answer.get("repeated"):
        return f"Was corrected so already: {right}."
    return f"Corrected: {right}." + ("" if answer.get("trains") else " Without a name it never trains.")
