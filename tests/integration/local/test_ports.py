"""A port that was handed out stays free for the server that it is meant for, and for nobody else."""

import socket

import pytest

from deploy.local.ports import LOOPBACK, Port, free_port


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
