"""Which interpreter is taken: every kind of place, in order, and only what really runs. (Starts processes.)"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lambda_wheels.bytecode import Interpreter, find_interpreter
from lambda_wheels.errors import LayerError
from tests.bytecode.pythons import EVERY_VERSION, interpreter_of

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform == "win32", reason="the commands of these tests are shell scripts"),
]

WANTED = (3, 14)
OWN = sys.version_info[:2]

Fake = Callable[..., Path]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any interpreter: its home, with an empty folder ``bin`` on PATH."""
    for name in ("PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME", "APPDATA"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(sys, "executable", "")
    return tmp_path


@pytest.fixture
def fake(machine: Path) -> Fake:
    """Makes a command that says of itself what an interpreter says."""

    def make(place: str, version: str = "3.14.2", script: str = "", **said: object) -> Path:
        path = machine / place
        path.parent.mkdir(parents=True, exist_ok=True)
        answer = {
            "implementation": "cpython",
            "version": [*map(int, version.split("."))],
            "level": "final",
            "free_threaded": False,
            "executable": str(path),
            **said,
        }
        path.write_text(f"#!/bin/sh\n{script or f'''echo '{json.dumps(answer)}' '''}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    return make


def found(**options: float) -> str:
    """The interpreter that is found: its executable, and its version."""
    interpreter = find_interpreter(WANTED, **options)  # type: ignore[arg-type]
    return f"{interpreter.executable} {interpreter.version}"


PLACES = [
    "bin/python3.14",
    "bin/python3",
    "bin/python",
    "bin/py",
    ".pyenv/versions/3.14.2/bin/python3.14",
    ".pyenv/pyenv-win/versions/3.14.2/python.exe",
    ".local/share/uv/python/cpython-3.14.2-linux-x86_64-gnu/bin/python3.14",
]


@pytest.mark.parametrize("place", PLACES)
def test_every_place(place: str, fake: Fake) -> None:
    """An interpreter is found on PATH, behind the launcher, in pyenv's folder and in uv's."""
    path = fake(place)
    assert found() == f"{path} 3.14.2"


def test_in_order(fake: Fake, machine: Path) -> None:
    """Each place is asked before those that come later, and these are not even started then."""
    later = ""
    for place in reversed(PLACES):
        path = fake(place)
        assert found() == f"{path} 3.14.2", later
        fake(place, script=f"touch {machine}/asked; exit 1")
        later = place
    (machine / "asked").unlink(missing_ok=True)
    fake(PLACES[0])
    found()
    assert not (machine / "asked").exists()


def test_one_release(fake: Fake) -> None:
    """Where only one release will do, others are passed over, and named if there is no other."""
    fake("bin/python3.14", "3.14.9")
    fake("bin/python3", "3.14.8")
    with pytest.raises(LayerError) as caught:
        find_interpreter(WANTED, release="3.14.2")
    [problem] = caught.value.problems
    assert problem.message == (
        "there is no CPython 3.14.2 on this machine, only CPython 3.14.9, CPython 3.14.8, and bytecode of it is wanted"
    )
    assert (
        problem.hint == "install CPython 3.14.2, or say where one is (--bytecode-python PATH, bytecode_python=Path(…))"
    )
    path = fake(".pyenv/versions/3.14.2/bin/python3.14", "3.14.2")
    assert find_interpreter(WANTED, release="3.14.2") == Interpreter(executable=str(path), version="3.14.2")
    with pytest.raises(LayerError, match=r"is CPython 3\.14\.2, and bytecode of CPython 3\.14\.9 is wanted"):
        find_interpreter(WANTED, path, release="3.14.9")


def test_the_running_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The interpreter that runs us is taken where it is of the version, and nothing else is asked."""
    monkeypatch.setenv("PATH", "")
    if sys.version_info.releaselevel != "final":
        pytest.skip("this is no final release")
    interpreter = find_interpreter(OWN)
    assert interpreter.version == "{}.{}.{}".format(*sys.version_info[:3])
    assert Path(interpreter.executable).is_file()


def test_no_program_of_somebody(monkeypatch: pytest.MonkeyPatch, machine: Path) -> None:
    """A frozen program is not started in place of an interpreter."""
    monkeypatch.setattr(sys, "executable", "/bin/true")
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(LayerError, match="no-interpreter"):
        find_interpreter(OWN)


def test_the_launcher_is_asked_for_the_version(fake: Fake) -> None:
    """The ``py`` launcher is told which Python is wanted, and that it must not install one."""
    launched = fake("elsewhere/python")
    fake("bin/py", script=f'test "$1 $PYTHON_MANAGER_AUTOMATIC_INSTALL" = "-3.14 false" && exec {launched}')
    assert found() == f"{launched} 3.14.2"


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        pytest.param(".pyenv/versions", "{}", id="pyenv"),
        pytest.param(".local/share/uv/python", "cpython-{}-linux-x86_64-gnu", id="uv"),
    ],
)
def test_the_newest(folder: str, name: str, fake: Fake) -> None:
    """Of several in one place the highest is taken, by number."""
    for version in ("3.14.9", "3.14.10", "3.14.2", "3.13.11"):
        fake(f"{folder}/{name.format(version)}/bin/python3.14", version)
    assert found().endswith(" 3.14.10")


def test_folders_that_the_environment_names(fake: Fake, machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pyenv and uv may be told to be elsewhere."""
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(machine / "u"))
    in_uv = fake("u/cpython-3.14.2-linux-x86_64-gnu/bin/python3.14")
    assert found() == f"{in_uv} 3.14.2"
    monkeypatch.setenv("PYENV_ROOT", str(machine / "p"))
    in_pyenv = fake("p/versions/3.14.2/bin/python3.14")
    assert found() == f"{in_pyenv} 3.14.2"


WRONG = [
    pytest.param({"version": "3.13.9"}, "is CPython 3.13.9", id="other-minor"),
    pytest.param({"level": "candidate"}, "is CPython 3.14.2 before its release", id="pre-release"),
    pytest.param({"free_threaded": True}, "without the GIL", id="free-threaded"),
    pytest.param({"implementation": "pypy"}, "is pypy 3.14.2", id="pypy"),
    pytest.param({"script": "echo no such version >&2; exit 127"}, "does not run", id="shim"),
    pytest.param({"script": "echo Python 3.14.2"}, "is no Python", id="other-words"),
    pytest.param({"script": "echo '[3, 14]'"}, "is no Python", id="other-json"),
    pytest.param({"script": "kill -9 $$"}, "does not run", id="crash"),
]


@pytest.mark.parametrize(("what", "why"), WRONG)
def test_passed_over(what: dict[str, object], why: str, fake: Fake, caplog: pytest.LogCaptureFixture) -> None:
    """What is not the interpreter is passed over, and the log says why; a later one is taken."""
    fake("bin/python3.14", **what)
    with caplog.at_level(logging.DEBUG), pytest.raises(LayerError, match="no-interpreter"):
        found()
    assert why in caplog.text
    right = fake(".pyenv/versions/3.14.2/bin/python3.14")
    assert found() == f"{right} 3.14.2"


@pytest.mark.parametrize(("what", "why"), WRONG)
def test_named_but_wrong(what: dict[str, object], why: str, fake: Fake) -> None:
    """One that is named is never replaced by another: it is right, or an error says what it is."""
    fake("bin/python3.14")
    with pytest.raises(LayerError, match=why) as caught:
        find_interpreter(WANTED, fake("elsewhere/python", **what))
    assert caught.value.exit_code == 1
    assert "--bytecode-python PATH" in str(caught.value)
    assert "3.14" in str(caught.value)


@pytest.mark.parametrize("named", ["", ".", "/no/such/python", "nul\0", "/etc/passwd"])
def test_named_but_nothing(named: str, machine: Path) -> None:
    """A path at which nothing can be run is one line."""
    with pytest.raises(LayerError, match="no-interpreter") as caught:
        find_interpreter(WANTED, named)
    assert "\n" not in str(caught.value)


def test_named(fake: Fake, machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path counts from the working directory, as any path, and is not looked for on PATH."""
    named = fake("here/python")
    monkeypatch.chdir(named.parent)
    assert find_interpreter(WANTED, "python") == Interpreter(executable=str(named), version="3.14.2")
    monkeypatch.chdir(machine)
    with pytest.raises(LayerError, match="is not a file"):
        find_interpreter(WANTED, "python")


def test_nothing_from_here(fake: Fake, machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is relative in PATH, or empty, is not looked at: it would be a file of the folder we happen to be in."""
    fake("here/python3.14")
    monkeypatch.chdir(machine / "here")
    monkeypatch.setenv("PATH", os.pathsep.join(["", ".", "../here"]))
    with pytest.raises(LayerError, match="no-interpreter"):
        found()


def test_none() -> None:
    """Without one, the error says which version is missing and how to point at one."""
    with pytest.raises(LayerError) as caught:
        find_interpreter((3, 99))
    assert str(caught.value) == (
        "error[no-interpreter] there is no CPython 3.99 on this machine, which bytecode for it needs; install "
        "CPython 3.99, or say where one is (--bytecode-python PATH, bytecode=Path(…))"
    )


def test_one_that_hangs(fake: Fake, machine: Path) -> None:
    """A command that does not answer is ended in time, with what it has started, and the next is asked."""
    fake("bin/python3.14", script=f"/bin/sleep 60 & echo $! > {machine}/started; wait")
    right = fake("bin/python3")
    began = time.monotonic()
    assert found(time_limit=1.0) == f"{right} 3.14.2"
    assert time.monotonic() - began < 20
    started = int((machine / "started").read_text())
    for _ in range(100):
        if not alive(started):
            return
        time.sleep(0.1)
    pytest.fail("it is still there")


def alive(process: int) -> bool:
    """Whether there is such a process, one that has ended and is not yet taken away apart."""
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return False
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        return True
    return state != "Z"


def test_nothing_of_the_machine_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable, no working directory and no file of the user has a say in what is asked."""
    for name in ("json.py", "sitecustomize.py", "usercustomize.py"):
        (tmp_path / name).write_text("raise SystemExit(3)\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "json.py"))
    monkeypatch.setenv("PYTHONHOME", str(tmp_path))
    assert find_interpreter(OWN).version.startswith("{}.{}.".format(*OWN))


@EVERY_VERSION
def test_real_ones(wanted: tuple[int, int]) -> None:
    """What this machine has is found, by its own name too, and is what it says."""
    interpreter = interpreter_of(wanted)
    assert find_interpreter(wanted, interpreter.executable) == interpreter
    assert interpreter.version.startswith("{}.{}.".format(*wanted))


def test_a_virtual_environment(tmp_path: Path) -> None:
    """An environment's ``python`` stands for the interpreter that it was made with."""
    own = find_interpreter(OWN)
    link = tmp_path / "environment" / "bin" / "python"
    link.parent.mkdir(parents=True)
    link.symlink_to(own.executable)
    (tmp_path / "environment" / "pyvenv.cfg").write_text(f"home = {Path(own.executable).parent}\n", encoding="utf-8")
    assert find_interpreter(OWN, link).version == own.version
