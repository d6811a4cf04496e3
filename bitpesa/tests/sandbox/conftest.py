"""One sandbox process for all tests here, emptied before each."""

from collections.abc import Iterator

import pytest

from bitpesa.sandbox.client import SandboxAdmin
from bitpesa.tests.sandbox.peers import Daraja, Lnd, Receiver, Sandbox


@pytest.fixture(scope="session")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox"))
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    running_sandbox.admin.reset()
    running_sandbox.daraja.token = ""
    return running_sandbox


@pytest.fixture
def admin(sandbox: Sandbox) -> SandboxAdmin:
    return sandbox.admin


@pytest.fixture
def daraja(sandbox: Sandbox) -> Daraja:
    return sandbox.daraja


@pytest.fixture
def lnd(sandbox: Sandbox) -> Lnd:
    return sandbox.lnd


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()
