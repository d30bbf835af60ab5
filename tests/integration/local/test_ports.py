"""A port that was handed out stays free for the server that it is meant for, and for nobody else."""

import socket

import pytest

from deploy.local.ports import LOOPBACK, Port, free_port, usual_port


def test_nobody_else_can_take_a_port_while_it_is_held() -> None:
    port = free_port()

    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind((LOOPBACK, port.number))


def test_its_server_can_listen_on_it() -> None:
    port = free_port()

    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((LOOPBACK, port.number))
        server.listen()

        with socket.create_connection((LOOPBACK, port.number)):
            pass


def test_a_caller_is_refused_while_no_server_listens() -> None:
    port = free_port()

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((LOOPBACK, port.number))


def test_a_port_is_free_again_when_it_is_no_longer_held() -> None:
    with socket.socket() as bound:
        bound.bind((LOOPBACK, 0))
        port = Port(bound)
        number = port.number
        del port

        with socket.socket() as other:
            other.bind((LOOPBACK, number))


def test_it_reads_as_its_number() -> None:
    port = free_port()

    assert f"{LOOPBACK}:{port}" == f"{LOOPBACK}:{port.number}"


def test_a_usual_port_is_taken_when_nobody_has_it() -> None:
    number = free_port().number

    assert usual_port(number).number == number


def test_another_takes_the_place_of_a_usual_port_that_is_reserved_or_listened_on() -> None:
    reserved = free_port()
    with socket.create_server((LOOPBACK, 0)) as server:
        taken = (reserved.number, server.getsockname()[1])

        assert [usual_port(number).number == number for number in taken] == [False, False]


def test_a_usual_port_is_had_again_at_once_after_its_server_has_closed_connections() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        number = server.getsockname()[1]
        with socket.create_connection((LOOPBACK, number)) as caller:
            accepted, _ = server.accept()
            accepted.close()  # the side that closes first keeps the connection for a minute
            assert caller.recv(1) == b""

    assert usual_port(number).number == number
