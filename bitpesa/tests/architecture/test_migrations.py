"""Migrations say what the models say, follow one another in a line, and can be taken back."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from bitpesa.tests.architecture import processes

OURS = {"bitpesa", "transactions", "monitoring", "frontend"}

THERE_AND_BACK = """
import django; django.setup()
from django.core.management import call_command
from django.db import connection

def objects():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 'table', relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " UNION ALL SELECT 'function', proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            " AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')"
            " UNION ALL SELECT 'trigger', tgname || ' on ' || tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal"
            " ORDER BY 1, 2"
        )
        return cursor.fetchall()

call_command("migrate", verbosity=0)
forward = objects()
call_command("migrate", "transactions", "zero", verbosity=0)
back = objects()
call_command("migrate", verbosity=0)
ours = [one for one in back if one in forward and one[0] != "table"]
print(len(forward) > len(back), ours, forward == objects())
"""


@pytest.fixture
def scratch() -> Iterator[str]:
    """The URL of an empty database that nobody else has."""
    server = settings.DATABASES["default"]
    at = {
        "host": server["HOST"],
        "port": server["PORT"],
        "user": server["USER"],
        "password": server["PASSWORD"] or None,
    }
    name = f"scratch_{uuid4().hex}"
    with psycopg.connect(**at, dbname="postgres", autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield f"postgresql://{at['user']}:{at['password'] or ''}@{at['host']}:{at['port']}/{name}"
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.mark.django_db
def test_the_models_have_no_change_without_a_migration(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("makemigrations", check_changes=True, dry_run=True)

    assert capsys.readouterr().out == "No changes detected\n"


def _parents(graph: MigrationGraph, app: str, name: str) -> list[str]:
    return [parent.key[1] for parent in graph.node_map[app, name].parents if parent.key[0] == app]


def test_migrations_follow_one_another_in_a_line() -> None:
    graph = MigrationLoader(None).graph

    for app in OURS:
        first, *others = sorted(name for label, name in graph.nodes if label == app) or [None]
        assert first is None or _parents(graph, app, first) == []
        assert [_parents(graph, app, name) for name in others] == [[name] for name in [first, *others][:-1]]


def test_the_newest_migration_is_named_so_that_two_branches_collide() -> None:
    newest = {app: name for app, name in MigrationLoader(None).graph.leaf_nodes() if app in OURS}
    named = {
        path.parts[-3]: path.read_text().strip() for path in processes.PROJECT.glob("*/migrations/max_migration.txt")
    }

    assert newest == named
    assert "transactions" in newest


def test_every_migration_can_be_taken_back_and_made_again(scratch: str) -> None:
    environment = {"DATABASE_URL": scratch, "DJANGO_SETTINGS_MODULE": "bitpesa.settings.test"}

    done = processes.run("-c", THERE_AND_BACK, environment=environment)

    assert done.stdout == "True [] True\n", done.stderr
