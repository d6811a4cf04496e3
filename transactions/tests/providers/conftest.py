"""One sandbox for all tests of this folder that need a peer to talk to."""

from collections.abc import Iterator

import pytest

from bitpesa.tests.sandbox_process import SandboxProcess


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox
