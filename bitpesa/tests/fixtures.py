"""Fixtures for every test. Loaded with `-p`.

Rows of money cannot be truncated, so a test that commits gets a database of its own making: afterwards the test
database is dropped and cloned from a template. `django_db(transaction=True)` would truncate; use `committed_db`.
"""

from collections.abc import Iterator
from time import sleep
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.db.backends.base.creation import TEST_DATABASE_PREFIX
from psycopg import sql
from psycopg.errors import InsufficientPrivilege, ObjectInUse


def _admin() -> psycopg.Connection[Any]:
    database = settings.DATABASES["default"]
    return psycopg.connect(
        host=database["HOST"],
        port=database["PORT"],
        user=database["USER"],
        password=database["PASSWORD"] or None,
        dbname="postgres",
        autocommit=True,
    )


def _clone(source: str, target: str) -> None:
    connections.close_all()
    with _admin() as admin:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(target))
        make = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
            sql.Identifier(target), sql.Identifier(source)
        )
        _patiently(admin, drop)
        _patiently(admin, make)


def _patiently(admin: psycopg.Connection[Any], statement: sql.Composed) -> None:
    """Run a statement that needs the database for itself: autovacuum may look in, and only a superuser may end it."""
    for _ in range(100):
        try:
            admin.execute(statement)
        except (InsufficientPrivilege, ObjectInUse):
            sleep(0.1)
        else:
            return
    admin.execute(statement)


@pytest.fixture(scope="session")
def _template(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    default = connections["default"]
    own_name = default.settings_dict["NAME"]
    with django_db_blocker.unblock():
        # pytest-django makes the test database only if some test is marked as using it.
        is_made = own_name.startswith(TEST_DATABASE_PREFIX)
        name = own_name if is_made else default.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        template = f"{name}_template"
        _clone(name, template)
        yield template
        with _admin() as admin:
            _patiently(admin, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(template)))
        if not is_made:
            default.creation.destroy_test_db(own_name, verbosity=0)


@pytest.fixture
def committed_db(_template: str, django_db_blocker: Any) -> Iterator[None]:
    """A database in which commits are real, for tests with threads, processes, on_commit or a live server."""
    with django_db_blocker.unblock():
        yield
        _clone(_template, connections["default"].settings_dict["NAME"])
