"""The state folder: private, owned by one stack, lent to other commands."""

import fcntl
import stat
import threading
import time

import pytest
from cryptography.fernet import Fernet

from bitpesa.stack import leftovers
from bitpesa.stack.errors import StackError, StateInUse
from bitpesa.stack.state import State


def test_secrets_stay_the_same_and_only_their_owner_reads_them(state):
    first, second = state.secrets(), state.secrets()

    assert first == second
    assert stat.S_IMODE((state.root / "secrets.json").stat().st_mode) == 0o600


def test_secrets_have_the_form_their_readers_expect(state):
    secrets = state.secrets()

    assert Fernet(secrets.field_key)
    assert len(bytes.fromhex(secrets.lookup_key)) == 32
    assert secrets.api_key.startswith("bp_test_")
    assert len(bytes.fromhex(secrets.api_key.removeprefix("bp_test_"))) == 20


def test_secrets_are_not_shown_by_accident(state):
    secrets = state.secrets()

    assert secrets.secret_key not in repr(secrets)


def test_a_secret_that_an_older_file_lacks_is_added(state):
    (state.root / "secrets.json").write_text('{"api_key": "bp_test_old"}')

    secrets = state.secrets()

    assert secrets.api_key == "bp_test_old"
    assert secrets == state.secrets()


def test_a_database_whose_secrets_are_gone_is_refused_and_kept(state):
    (state.root / "postgres").mkdir()

    with pytest.raises(StackError, match=r"secrets of .* are gone"):
        state.secrets()

    assert (state.root / "postgres").exists()


def test_one_stack_owns_a_state_at_a_time(state):
    with state.owned(), pytest.raises(StateInUse), state.owned():
        pass
    with state.owned():
        pass


def test_a_borrower_gets_the_environment_once_it_is_published(state):
    with state.owned():
        threading.Timer(0.2, state.publish, [{"A": "1"}]).start()

        assert state.borrow() == {"A": "1"}


def test_the_owner_waits_for_its_borrower_and_a_later_one_gets_nothing(state):
    state.publish({"A": "1"})
    with (state.root / "borrowers.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        owner = threading.Thread(target=state.withdraw, kwargs={"wait": True})
        owner.start()
        time.sleep(0.1)
        assert owner.is_alive()

    owner.join(5)
    assert not owner.is_alive()
    assert not (state.root / "environment.json").exists()


def test_the_state_of_the_environment_variable_is_used(monkeypatch, tmp_path):
    monkeypatch.setenv("BITPESA_STATE", str(tmp_path / "elsewhere"))

    assert State.default().root == tmp_path / "elsewhere"


def test_a_recorded_number_that_is_another_process_now_is_left_alone(state):
    (state.root / "processes.json").write_text('{"1": "a mark of another boot"}')

    leftovers.end(state)

    assert not (state.root / "processes.json").exists()
