"""Joined writes: an answer leaves in one call, and nothing of it is lost or late."""

import asyncio

import pytest

from services.gateway.guard.joining import JoiningTransport


class Wire(asyncio.Transport):
    """Transport that keeps what it was told to do."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[bytes | str] = []

    def write(self, data: object) -> None:
        """Keep the bytes."""
        assert isinstance(data, bytes)
        self.calls.append(data)

    def write_eof(self) -> None:
        """Keep the end."""
        self.calls.append("eof")

    def close(self) -> None:
        """Keep the end."""
        self.calls.append("close")

    def abort(self) -> None:
        """Keep the end."""
        self.calls.append("abort")

    def is_closing(self) -> bool:
        """Return whether the connection was ended."""
        return "abort" in self.calls or "close" in self.calls


@pytest.fixture
def wire() -> Wire:
    return Wire()


async def test_head_and_body_leave_in_one_call_at_once(wire: Wire) -> None:
    transport = JoiningTransport(wire, asyncio.get_running_loop())

    transport.write(b"head ")
    transport.write(b"body")

    assert wire.calls == [b"head body"]


async def test_a_write_without_another_leaves_in_the_next_turn(wire: Wire) -> None:
    transport = JoiningTransport(wire, asyncio.get_running_loop())

    transport.write(b"part of a stream")
    await asyncio.sleep(0)

    assert wire.calls == [b"part of a stream"]


@pytest.mark.parametrize(("end", "call"), [("close", "close"), ("write_eof", "eof")])
async def test_what_is_held_leaves_before_the_end(wire: Wire, end: str, call: str) -> None:
    transport = JoiningTransport(wire, asyncio.get_running_loop())

    transport.write(b"answer")
    getattr(transport, end)()

    assert wire.calls == [b"answer", call]


async def test_nothing_is_sent_after_an_abort(wire: Wire) -> None:
    transport = JoiningTransport(wire, asyncio.get_running_loop())

    transport.write(b"cut")
    transport.abort()
    await asyncio.sleep(0)

    assert wire.calls == ["abort"]
