"""Ports: checked before anything starts."""

import json
import socket

import pytest

from bitpesa.stack import ports
from bitpesa.stack.errors import StackError


@pytest.fixture
def taken():
    with socket.create_server((ports.LOOPBACK, 0)) as server:
        yield server.getsockname()[1]


def test_a_port_in_use_is_named_with_the_way_out(taken):
    with pytest.raises(StackError, match=rf"Port {taken} is already in use by another program; .* --port"):
        ports.require_free(range(taken, taken + 1))


def test_a_server_keeps_its_port(tmp_path):
    memory = tmp_path / "ports.json"

    assert ports.choose(memory, "postgres") == ports.choose(memory, "postgres")


def test_a_server_whose_port_was_taken_gets_another_and_the_others_keep_theirs(tmp_path, taken):
    memory = tmp_path / "ports.json"
    memory.write_text(json.dumps({"postgres": taken, "valkey": 1}))

    chosen = ports.choose(memory, "postgres")

    assert chosen != taken
    assert json.loads(memory.read_text()) == {"postgres": chosen, "valkey": 1}
