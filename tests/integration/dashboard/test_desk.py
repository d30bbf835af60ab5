"""Work pages of the dashboard against a gateway, a process of its own on the broker in memory."""

import re
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from shared.bus.record import Partition, Record
from shared.events import SupportMessageCorrected
from shared.events.codec import encode
from shared.events.headers import new_trace
from tests.integration.gateway.test_corrections import on_topic, put
from tests.integration.gateway.test_dead_letters import a_letter, sent_with
from tests.integration.services.service_process import publish, running
from tests.support.dashboard import Dashboard, dashboard
from tests.support.results import a_routed_message


@pytest.fixture
async def desk(memory_kafka: str) -> AsyncIterator[Dashboard]:
    """Yield a dashboard with a gateway that has no keys."""
    async with (
        running("gateway", memory_kafka) as gateway,
        dashboard(gateway_url=await gateway.web()) as desk,
    ):
        yield desk


async def token(desk: Dashboard) -> str:
    """Return the token of the viewer's page."""
    page = (await desk.client.get("/support")).text
    [found] = re.findall(r'"X-CSRF-Token":"([^"]+)"', page)
    return str(found)


async def test_a_click_corrects_a_result_and_takes_it_off_the_list(
    memory_kafka: str, desk: Dashboard
) -> None:
    routed = a_routed_message()
    place = await put(memory_kafka, routed)
    topic, key, value, headers = encode(routed, source="/test", trace=new_trace())
    partition = Partition(topic, place["partition"])
    desk.state.note(Record(partition, place["offset"], key, value, headers, 0))

    form = {"kind": "messages", "id": str(routed.event_id), "topic": topic, "right": "intent=card_linking"}
    fields = {**form, **{name: str(number) for name, number in place.items()}, "corrected_by": "Ada"}
    answer = await desk.client.post("/corrections", data={**fields, "csrf": await token(desk)})

    [event] = await on_topic(memory_kafka, SupportMessageCorrected, routed)
    assert isinstance(event, SupportMessageCorrected)
    assert (event.intent, event.corrected_by) == ("card_linking", "Ada")
    assert f'hx-target="#doubt-{routed.event_id}" hx-swap="delete"' in answer.text
    listed = await desk.client.get("/corrections/list")
    assert str(routed.event_id) in listed.text
    desk.state.results.corrections.add(event)
    assert str(routed.event_id) not in (await desk.client.get("/corrections/list")).text


async def test_letters_are_found_checked_and_sent_again_on_the_page(
    memory_kafka: str, desk: Dashboard
) -> None:
    mark = uuid4().hex
    await publish(memory_kafka, [a_letter(b"{", mark), a_letter(b"<script>", mark)])
    form = {"text": mark, "scope": "all", "leave": "traceparent", "csrf": await token(desk)}

    listed = (await desk.client.get("/dead/letters", params={"text": mark})).text
    checked = (await desk.client.post("/dead/replay", data={**form, "step": "check"})).text
    before = await sent_with(memory_kafka, mark)
    sent = (await desk.client.post("/dead/replay", data={**form, "step": "send"})).text

    assert listed.count("Mend the sender") == 2
    assert "2 would be sent" in checked
    assert before == []
    assert "2 of 2 sent again" in sent
    assert len(await sent_with(memory_kafka, mark)) == 2


async def test_a_gateway_that_does_not_answer_is_said_in_one_line() -> None:
    async with dashboard() as desk:
        form = {"kind": "messages", "topic": "t", "partition": "0", "offset": "0", "right": "intent=a"}
        answer = await desk.client.post("/corrections", data={**form, "csrf": await token(desk)})

    assert "the gateway does not answer" in answer.text


async def test_the_gateways_refusal_is_shown_with_its_cure(memory_kafka: str, desk: Dashboard) -> None:
    place = await put(memory_kafka, a_routed_message())
    form = {"kind": "messages", "topic": "support.message_routed.v1", "right": "intent=no_such_label"}
    fields = {**form, **{name: str(number) for name, number in place.items()}}

    answer = await desk.client.post("/corrections", data={**fields, "csrf": await token(desk)})

    assert "Not corrected: support_intent has no such label; choose one of" in answer.text
