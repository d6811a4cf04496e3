"""`./run` and its installer, up to where packages would be fetched."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bitpesa.stack import checks, disk, install
from bitpesa.stack.errors import StackError
from bitpesa.stack.install import VirtualEnvironment
from bitpesa.stack.state import PROJECT


def run(folder: Path, *arguments: str, path: str = os.environ["PATH"]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(folder / "run"), *arguments], capture_output=True, text=True, env={"PATH": path}
    )


@pytest.fixture
def project(tmp_path):
    """A copy without an environment of its own."""
    shutil.copy(PROJECT / "run", tmp_path)
    shutil.copytree(PROJECT / "bitpesa" / "stack", tmp_path / "bitpesa" / "stack")
    (tmp_path / "bitpesa" / "__init__.py").touch()
    return tmp_path


def fake_program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_alone_it_says_what_it_can_do():
    shown = run(PROJECT)

    assert shown.returncode == 0
    assert "./run demo" in shown.stdout


def test_an_unknown_command_is_refused_with_the_same_words():
    shown = run(PROJECT, "dmeo")

    assert shown.returncode == 2
    assert "./run demo" in shown.stderr


def test_a_wrong_python_is_named_in_one_sentence(project, tmp_path):
    programs = tmp_path / "programs"
    fake_program(programs, "python3", 'test "$1" = --version && echo Python 3.9.2 || exit 1')
    for name in ("dirname", "cat"):
        (programs / name).symlink_to(shutil.which(name))

    refused = run(project, "demo", path=str(programs))

    assert refused.returncode == 1
    assert refused.stderr == "BitPesa Bridge needs Python 3.11 or 3.12, and found Python 3.9.2.\n"


def test_a_port_in_the_wrong_range_is_refused():
    shown = run(PROJECT, "demo", "--port", "80")

    assert shown.returncode == 2
    assert "choose a port from 1024 to 65531" in shown.stderr


def test_only_what_a_command_needs_is_installed(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/bitpesa")

    assert install.needed_files("demo") == ["requirements.txt", "requirements-embedded.txt"]
    assert install.needed_files("test")[-1] == "requirements-dev.txt"
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere/0")
    assert install.needed_files("manage") == ["requirements.txt"]


@pytest.fixture
def environment(tmp_path):
    """A virtual environment whose interpreter is there, in a project with three requirements files."""
    for name in install.needed_files("check"):
        (tmp_path / name).write_text(name)
    made = VirtualEnvironment(tmp_path)
    made.python.parent.mkdir(parents=True)
    made.python.symlink_to("/bin/false")
    return made


def test_an_environment_with_these_very_files_is_left_as_it_is(environment, capsys):
    digests = {name: hashlib.sha256(name.encode()).hexdigest() for name in install.needed_files("check")}
    (environment.folder / ".installed").write_text(json.dumps(digests))

    environment.install("demo")

    assert capsys.readouterr().out == ""


def test_packages_that_cannot_be_had_stop_it_with_the_reason_and_the_log(environment, monkeypatch, tmp_path):
    programs = tmp_path / "programs"
    fake_program(programs, "uv", "exit 1")
    environment.python.unlink()
    fake_program(environment.python.parent, "python", 'case "$*" in *install*) echo "ERROR: no hash"; exit 1;; esac')
    monkeypatch.setenv("PATH", str(programs))

    with pytest.raises(StackError, match=r"could not be installed: no hash \(log: .*install\.log"):
        environment.install("demo")

    assert not (environment.folder / ".installed").exists()


def test_a_half_made_environment_is_made_anew(environment, monkeypatch, tmp_path):
    (environment.folder / ".unfinished").touch()
    (environment.folder / "rubbish").touch()
    programs = tmp_path / "programs"
    fake_program(programs, "uv", f"mkdir -p {environment.python.parent}; touch {environment.python}")
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")

    environment.install("demo")

    assert sorted(path.name for path in environment.folder.iterdir()) == [".installed", "bin", "install.log"]


def test_a_full_disk_is_told_before_anything_is_written(tmp_path):
    with pytest.raises(StackError, match=r"The database needs 9000000000 MB .* but only \d+ MB are free"):
        disk.require_space(tmp_path, megabytes=9_000_000_000, purpose="The database")


def test_every_linter_runs_and_one_failure_fails_the_whole(capsys):
    code = checks.run({"first": "python -c raise(SystemExit('found'))", "second": "python -V"})

    shown = capsys.readouterr().out
    assert code == 1
    assert "found" in shown
    assert "second          ok" in shown
    assert shown.endswith("1 of 2 failed: first\n")
