"""The support bot as a process: exactly one route or one dead letter for each message."""

from uuid import uuid4

from shared.bus.record import Outgoing
from shared.events import DEAD_SUFFIX, CustomerMessageAnalyzed, SupportMessageRouted
from tests.integration.services.analyzed import analyzed_message
from tests.integration.services.service_process import Results, publish, reason_of, running

MESSAGES = 60


async def test_each_message_is_routed_once_and_bad_ones_are_set_aside(bootstrap: str) -> None:
    run = uuid4().hex
    messages = [analyzed_message(f"{run}-{number}") for number in range(MESSAGES)]
    good = [Outgoing(each.name, each.key, each.to_json()) for each in messages]
    bad = [
        Outgoing(CustomerMessageAnalyzed.name, f"{run}-bad".encode(), value) for value in (b"{", b"[]", None)
    ]

    async with running("support_bot", bootstrap) as bot:
        await bot.ready()
        await publish(bootstrap, [*good[:30], *bad, *good[30:]])
        routed = await Results(bootstrap, [SupportMessageRouted.name]).matching(run, count=MESSAGES)
        dead_topic = CustomerMessageAnalyzed.name + DEAD_SUFFIX
        dead = await Results(bootstrap, [dead_topic]).matching(run, count=len(bad))
        exit_code = await bot.stop()

    events = [SupportMessageRouted.from_json(record.value or b"") for record in routed]
    assert sorted(event.cause_id for event in events) == sorted(each.event_id for each in messages)
    assert sorted(reason_of(record) for record in dead) == ["not_json", "null_value", "wrong_shape"]
    assert exit_code == 0


async def test_an_unreachable_broker_ends_the_start_with_one_line_and_exit_code_1() -> None:
    async with running("support_bot", "127.0.0.1:1") as bot:
        exit_code = await bot.exit_code()

    assert exit_code == 1
    assert "127.0.0.1:1" in bot.log
    assert "Traceback" not in bot.log
