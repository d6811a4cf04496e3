"""A real web server on loopback for tests whose commits are real. Import `live_url` in a conftest to use it.

pytest-django's own `live_server` truncates tables afterwards, which rows of money refuse.
"""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test.testcases import LiveServerThread


@pytest.fixture
def live_url(committed_db: None) -> Iterator[str]:
    """The address of a server that runs this project on the test database."""
    thread = LiveServerThread("127.0.0.1", StaticFilesHandler)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    before = settings.PUBLIC_URL, settings.CALLBACK_URL
    url = f"http://127.0.0.1:{thread.port}"
    settings.PUBLIC_URL = settings.CALLBACK_URL = url
    yield url
    settings.PUBLIC_URL, settings.CALLBACK_URL = before
    thread.terminate()
    thread.join()
