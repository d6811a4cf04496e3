"""Starts real servers before Django reads its settings: pytest-django does that ahead of any conftest.py."""

import os

import pytest

from bitpesa.stack import testing
from bitpesa.stack.errors import StackError


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start them once; pytest-xdist's workers inherit their addresses."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    try:
        early_config.add_cleanup(testing.start_servers().close)
    except StackError as error:
        raise pytest.UsageError(str(error)) from error
