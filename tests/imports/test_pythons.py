"""Whether the target's Python can be run here, and what is said where it cannot. (Starts processes.)"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from lambda_wheels import ARCHITECTURES, Target
from lambda_wheels.errors import ImportsNotTriedError
from lambda_wheels.imports import import_layer, pythons
from tests.imports.layers import ON_LINUX, OWN, make_layer

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("_scratch")]

[OTHER] = [name for name in ARCHITECTURES if name != OWN.architecture]
BASE = Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()
EMULATOR = f"qemu-{OWN.machine}"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any interpreter: its home, with an empty folder ``bin`` on PATH."""
    for name in ("PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(sys, "executable", "")
    return tmp_path


def script(path: Path, text: str) -> Path:
    """A command at ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def refusal(folder: Path, target: Target = OWN, *, python: Path | None = None, root: Path | None = None) -> str:
    """Why a layer is not imported."""
    with pytest.raises(ImportsNotTriedError) as caught:
        import_layer(make_layer(folder, {"demo.py": "1/0"}), target, python=python, root=root)
    assert caught.value.exit_code == 3
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(("system", "name"), [("darwin", "macOS"), ("win32", "Windows"), ("freebsd14", "freebsd14")])
def test_other_system(system: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere than on Linux nothing is tried, not even with an interpreter that is named."""
    monkeypatch.setattr(pythons, "sys", SimpleNamespace(platform=system))
    assert refusal(tmp_path, python=BASE) == (
        f"error[imports-not-tried] the files of a layer are for Linux, and this is {name}; check it on a Linux machine"
    )


@ON_LINUX
def test_other_machine(tmp_path: Path) -> None:
    """For another machine an emulator and a root folder are needed, and what to type is said."""
    here = platform.machine()
    assert refusal(tmp_path, Target("python3.13", OTHER), python=BASE) == (
        f"error[imports-not-tried] this machine is {here}, and the layer is for {OTHER}; install qemu-user, and name a "
        f"folder with CPython 3.13 for {OTHER} (--root FOLDER, root=Path(…))"
    )


@ON_LINUX
def test_no_interpreter(machine: Path) -> None:
    """Without an interpreter of the version nothing is tried with another, and the version is said."""
    wanted = Target("python3.15", OWN.architecture)
    script(machine / "bin/python3.15", f'exec "{BASE}" "$@"')
    assert refusal(machine, wanted) == (
        "error[imports-not-tried] there is no CPython 3.15 on this machine; install CPython 3.15, or say where one is "
        "(--python PATH, python=Path(…))"
    )


@ON_LINUX
@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("exit 1", "does not run", id="shim"),
        pytest.param("echo 3.13", "is no Python", id="other-words"),
        pytest.param(f'exec "{BASE}" "$@"', "is CPython {}.{}.{}".format(*sys.version_info[:3]), id="other-version"),
    ],
)
def test_wrong_interpreter(text: str, why: str, tmp_path: Path) -> None:
    """One that is named is the right one, or an error says what it is."""
    named = script(tmp_path / "python", text)
    assert refusal(tmp_path, Target("python3.15", OWN.architecture), python=named) == (
        f"error[imports-not-tried] '{named}' {why}, and CPython 3.15 is wanted; install CPython 3.15, or say where one "
        "is (--python PATH, python=Path(…))"
    )


@ON_LINUX
def test_interpreter_of_a_venv(tmp_path: Path) -> None:
    """What is beside an interpreter in a virtual environment is not seen, the running one's neither."""
    layer = make_layer(tmp_path, {"demo.py": "import pytest"})
    for python in (None, Path(sys.executable)):
        [problem] = import_layer(layer, OWN, python=python)
        assert problem.message == "ModuleNotFoundError: No module named 'pytest'"


@ON_LINUX
def test_needs_more_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interpreter that runs only with what modules do not get is noticed before any of them fails for it."""
    monkeypatch.setenv("NEEDED", "yes")
    [asked, suffixes] = [f"echo '{text}'" for text in (saying(str(tmp_path / "python")), "no library >&2")]
    named = script(tmp_path / "python", f'if test "$NEEDED"; then {asked}; else {suffixes} >&2; exit 127; fi')
    assert refusal(tmp_path, python=named) == (
        f"error[imports-not-tried] {named} ended with exit code 127: no library >&2; try it by hand"
    )


def saying(executable: str) -> str:
    """What the right interpreter says of itself."""
    version = ", ".join(map(str, sys.version_info[:3]))
    return (
        f'{{"implementation": "cpython", "version": [{version}], "level": "final", "free_threaded": false, '
        f'"executable": "{executable}"}}'
    )


@ON_LINUX
@pytest.mark.parametrize(
    "said", ["3", "[]", "[1, 2, 3]", '["cpython", "3.13.0", []]', '["cpython", "3.13.0", [".cpython-313-darwin.so"]]']
)
def test_other_words(said: str, machine: Path) -> None:
    """What answers something else than the target's Python is refused in one line."""
    script(machine / "bin" / EMULATOR, f"echo '{said}'")
    script(machine / "root/usr/bin" / OWN.runtime, "")
    assert refusal(machine, root=machine / "root").startswith("error[imports-not-tried] ")


# --- Under an emulator ----------------------------------------------------------------------------------------------


def make_root(folder: Path, place: str) -> Path:
    """A root folder with a link to the Python that runs the tests."""
    path = folder / "root" / place
    path.parent.mkdir(parents=True)
    path.symlink_to(BASE)
    return folder / "root"


@ON_LINUX
@pytest.mark.parametrize("place", ["var/lang/bin", "usr/local/bin", "usr/bin"])
@pytest.mark.parametrize("name", [EMULATOR, f"{EMULATOR}-static"])
def test_emulator(name: str, place: str, machine: Path) -> None:
    """The interpreter in the root folder is started by the emulator, which is told of the folder and the processor."""
    script(machine / "bin" / name, f'echo "$1 $3 $4" >> {machine}/asked; shift 4; exec "$@"')
    root = make_root(machine, f"{place}/{OWN.runtime}")
    layer = make_layer(machine, {"good.py": "", "wrong.py": "1/0"})
    problems = import_layer(layer, OWN, root=root)
    assert [problem.member for problem in problems] == ["python/wrong.py"]
    assert (machine / "asked").read_text(encoding="utf-8").splitlines() == [f"-cpu -L {root}"] * 3


@ON_LINUX
@pytest.mark.parametrize("named", ["opt/own/bin/python", "/opt/own/bin/python", "{root}/opt/own/bin/python"])
def test_interpreter_in_the_root(named: str, machine: Path) -> None:
    """An interpreter elsewhere in the root folder may be named, as it is there or as it is here."""
    script(machine / "bin" / EMULATOR, 'shift 4; exec "$@"')
    root = make_root(machine, "opt/own/bin/python")
    layer = make_layer(machine, {"good.py": ""})
    assert import_layer(layer, OWN, root=root, python=Path(named.format(root=root))) == ()


@ON_LINUX
def test_no_emulator(machine: Path) -> None:
    """Without the emulator the error names it."""
    root = make_root(machine, f"usr/bin/{OWN.runtime}")
    assert refusal(machine, root=root) == (
        f"error[imports-not-tried] there is no {EMULATOR} on PATH; install it: apt-get install qemu-user"
    )


@ON_LINUX
def test_no_root(machine: Path) -> None:
    """A root folder that is not there, or has no such Python, is named."""
    assert refusal(machine, root=machine / "nowhere") == (
        f"error[imports-not-tried] '{machine}/nowhere' is not a folder; name one that is like / of the target"
    )
    (machine / "root").mkdir()
    where = "; say where it is in that folder (--python PATH, python=Path(…))"
    assert refusal(machine, root=machine / "root") == (
        f"error[imports-not-tried] '{machine}/root' has no {OWN.runtime} in var/lang/bin, usr/local/bin, usr/bin{where}"
    )
    assert refusal(machine, root=machine / "root", python=Path("/bin/python")) == (
        f"error[imports-not-tried] '{machine}/root' has no /bin/python{where}"
    )


@ON_LINUX
def test_other_machine_in_the_root(machine: Path) -> None:
    """The interpreter is asked which machine it is for: that of a wrong one is refused, whatever its name."""
    other = Target(OWN.runtime, OTHER)
    script(machine / "bin" / f"qemu-{other.machine}", 'shift 4; exec "$@"')
    root = make_root(machine, f"usr/bin/{OWN.runtime}")
    tag = "cpython-{}{}".format(*OWN.python_version)
    message = refusal(machine, other, root=root)
    assert f"whose extension modules end in .{tag}-{OWN.machine}-linux-gnu.so or .abi3.so or .so" in message
    assert f"and .{tag}-{other.machine}-linux-gnu.so is wanted" in message


@ON_LINUX
@pytest.mark.skipif(shutil.which(EMULATOR) is None, reason=f"there is no {EMULATOR}")
def test_real_emulator(tmp_path: Path) -> None:
    """Under the real emulator modules are imported, fail and crash as they do without it."""
    layer = make_layer(tmp_path, {"good.py": "import json", "wrong.py": "1/0", "crash.py": "import os\nos.abort()"})
    problems = import_layer(layer, OWN, root=Path("/"), python=BASE)
    assert [(problem.member, problem.message) for problem in problems] == [
        ("python/crash.py", "ended by signal SIGABRT"),
        ("python/wrong.py", "ZeroDivisionError: division by zero"),
    ]


@ON_LINUX
def test_no_scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no temporary folder can be made, that is said in one line."""
    monkeypatch.setattr(pythons, "new_place", lambda: os.scandir(tmp_path / "nowhere"))
    assert refusal(tmp_path).endswith("nowhere: No such file or directory; try again")
