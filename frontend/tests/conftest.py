"""What the tests of the screens share."""

from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from bitpesa.tests.live_server import live_url as live_url


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def operator(client: Client, db: None) -> Client:
    """A browser in which a member of staff is signed in."""
    client.force_login(User.objects.create_user("operator", password="correct horse", is_staff=True))
    return client
