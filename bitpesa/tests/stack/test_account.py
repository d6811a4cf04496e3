"""Root: PostgreSQL refuses it, so the server is handed to an ordinary user. Nothing is opened to others for that."""

import os
import pwd
import shutil
import stat
from pathlib import Path

import psycopg
import pytest

from bitpesa.stack import account, stack
from bitpesa.stack.environment import NOWHERE
from bitpesa.stack.postgres import Postgres
from bitpesa.stack.state import State

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server over")


@pytest.mark.skipif(os.geteuid() == 0, reason="root hands the server over")
def test_an_ordinary_user_runs_the_server_alone(tmp_path):
    assert account.for_database(tmp_path) is None


@as_root
def test_root_hands_the_server_to_nobody(tmp_path, monkeypatch):
    monkeypatch.delenv("SUDO_UID", raising=False)

    handed = account.for_database(tmp_path / "missing")

    assert handed.uid == pwd.getpwnam("nobody").pw_uid


@as_root
def test_root_hands_the_server_to_who_called_sudo(tmp_path, monkeypatch):
    monkeypatch.setenv("SUDO_UID", str(pwd.getpwnam("daemon").pw_uid))

    assert account.for_database(tmp_path / "missing").uid == pwd.getpwnam("daemon").pw_uid


@as_root
def test_root_leaves_existing_data_with_its_owner(tmp_path, monkeypatch):
    monkeypatch.delenv("SUDO_UID", raising=False)
    os.chown(tmp_path, pwd.getpwnam("daemon").pw_uid, 0)

    assert account.for_database(tmp_path).uid == pwd.getpwnam("daemon").pw_uid


@as_root
def test_data_below_a_closed_folder_moves_and_the_folder_stays_closed(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    state = State(closed / "state")
    state.make_folders()
    moved = Path(f"/var/tmp/bitpesa-{state.secrets().state_id}")  # noqa: S108
    try:
        with stack.running(state, NOWHERE, settings="none", durable=False, say=print) as running:
            psycopg.connect(running.variables["DATABASE_URL"]).close()

        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        assert (moved / "postgres" / "PG_VERSION").exists()
        assert moved.stat().st_uid == 0
    finally:
        shutil.rmtree(moved, ignore_errors=True)


def test_programs_made_for_another_version_are_refused(state):
    (state.root / "postgres").mkdir()
    (state.root / "postgres" / "PG_VERSION").write_text("9\n")
    (state.root / "secrets.json").write_text("{}")

    with pytest.raises(Exception, match="made by another version of PostgreSQL"):
        Postgres.place(state, state.secrets(), durable=True).prepare()
