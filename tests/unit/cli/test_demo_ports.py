"""Ports that are chosen before a node listens at them."""

from __future__ import annotations

import socket

import pytest

from comity.cli.demo.ports import free_ports

FIRST_FOR_CALLS_OUT = 32_768
"""Linux, net.ipv4.ip_local_port_range as it comes."""


def test_they_differ_and_none_is_one_that_an_outgoing_call_gets():
    ports = free_ports(40)
    assert len(set(ports)) == 40
    assert max(ports) < FIRST_FOR_CALLS_OUT


def test_one_at_which_somebody_listens_is_passed_over_and_one_that_was_chosen_is_held():
    [first] = free_ports(1)
    with socket.create_server(("127.0.0.1", first)):
        with pytest.raises(OSError, match="0 were found"):
            free_ports(1, range(first, first + 1))
        found = free_ports(1, range(first, first + 40))
        assert found != [first]
    with pytest.raises(OSError, match="0 were found"):
        free_ports(1, range(found[0], found[0] + 1))


def test_a_port_only_listened_at_is_passed_over():
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        with pytest.raises(OSError, match="asked for"):
            free_ports(1, range(port, port + 1))
