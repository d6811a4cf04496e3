"""Real servers: started, refused, killed, started again."""

import signal
import time

import psycopg
import pytest
import redis

from bitpesa.stack import servers, stack
from bitpesa.stack.environment import NOWHERE
from bitpesa.stack.errors import StackError, StateInUse
from bitpesa.stack.processes import Supervisor
from bitpesa.stack.state import State
from bitpesa.tests.stack.conftest import processes_naming, read_pids, staying_stack, wait_until_gone


def running(state: State, *, durable: bool = False):
    return stack.running(state, NOWHERE, settings="none", durable=durable, say=print)


def test_both_servers_answer_to_the_published_urls(state):
    with running(state) as started:
        with psycopg.connect(started.variables["DATABASE_URL"]) as connection:
            database = connection.execute("SELECT current_user, current_setting('timezone')").fetchone()
        with redis.Redis.from_url(started.variables["REDIS_URL"]) as client:
            is_up = client.ping()

    assert database == ("bitpesa", "UTC")
    assert is_up


def test_the_platforms_role_may_create_databases_and_is_no_superuser(state):
    with running(state) as started, psycopg.connect(started.variables["DATABASE_URL"]) as connection:
        rights = connection.execute(
            "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user"
        ).fetchone()

    assert rights == (False, True)


def test_the_extensions_of_the_migrations_can_be_created(state):
    with running(state) as started, psycopg.connect(started.variables["DATABASE_URL"]) as connection:
        for extension in ("pg_stat_statements", "pg_trgm", "btree_gin"):
            connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
        statements = connection.execute("SELECT count(*) FROM pg_stat_statements").fetchone()

    assert statements


def test_no_server_lets_anybody_in_without_a_password(state):
    with running(state) as started:
        open_url = started.variables["DATABASE_URL"].replace(started.secrets.postgres_password, "")
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(open_url)
        wrong_url = started.variables["REDIS_URL"].replace(started.secrets.valkey_password, "wrong")
        with redis.Redis.from_url(wrong_url) as client, pytest.raises(redis.AuthenticationError):
            client.ping()


def test_no_password_is_on_a_command_line(state):
    with running(state) as started:
        secrets = started.secrets
        shown = processes_naming(secrets.postgres_password) + processes_naming(secrets.valkey_password)

    assert shown == []


def test_a_second_start_takes_less_than_a_second_on_the_same_ports(state):
    with running(state) as first:
        urls = first.variables["DATABASE_URL"], first.variables["REDIS_URL"]

    began = time.monotonic()
    with running(state) as second:
        took_seconds = time.monotonic() - began
        assert (second.variables["DATABASE_URL"], second.variables["REDIS_URL"]) == urls
    assert took_seconds < 1


def test_a_second_stack_on_the_same_state_is_refused(state):
    with running(state), pytest.raises(StateInUse, match="Another stack already uses"), running(state):
        pass


def test_a_killed_supervisor_leaves_nothing_running_and_nothing_broken(state):
    with running(state, durable=True) as started, psycopg.connect(started.variables["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
    with staying_stack(state) as process:
        pids = read_pids(process)
        process.kill()
        left = wait_until_gone(pids)

    with running(state, durable=True) as again, psycopg.connect(again.variables["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT value FROM kept").fetchone() == (7,)
    assert len(pids) == 2
    assert left == []


def test_a_new_stack_starts_at_once_after_a_kill(state):
    with staying_stack(state) as process:
        read_pids(process)
        process.kill()
        process.wait()

        with running(state) as again, psycopg.connect(again.variables["DATABASE_URL"]) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("after_seconds", [0.25, 0.45, 0.7, 0.95])
def test_a_kill_while_the_database_is_being_made_is_repaired_by_the_next_start(state, after_seconds):
    with staying_stack(state) as process:
        time.sleep(after_seconds)
        process.kill()

    with running(state) as again, psycopg.connect(again.variables["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert list(state.root.glob("postgres.new-*")) == []
    assert wait_until_gone(processes_naming(str(state.root))) == []


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_ends_everything_in_order(state, signum):
    with staying_stack(state) as process:
        pids = read_pids(process)
        process.send_signal(signum)
        output, _ = process.communicate(timeout=15)

    assert output == "stopped\n"
    assert process.returncode == 0
    assert wait_until_gone(pids, seconds=0) == []
    assert "database system is shut down" in (state.logs / "postgres.log").read_text()


def test_a_given_server_that_does_not_answer_is_named_without_its_password(state):
    supervisor = Supervisor(state, print)
    given = {"DATABASE_URL": "postgresql://bitpesa:hidden@127.0.0.1:9/bitpesa"}

    with pytest.raises(StackError) as refused:
        servers.start(state, state.secrets(), supervisor, durable=False, given=given)

    assert str(refused.value) == "DATABASE_URL names 127.0.0.1:9, where nothing answers."


def test_given_servers_are_used_and_none_is_started(state):
    with running(state) as started:
        given = {name: started.variables[name] for name in ("DATABASE_URL", "REDIS_URL")}
        supervisor = Supervisor(state, print)

        assert servers.start(state, started.secrets, supervisor, durable=True, given=given) == given
        assert supervisor.children == []
