"""The same bytes whatever the machine, and whoever builds at the same moment. (Starts pip; opens loopback sockets.)"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.index_server import IndexServer
from tests.loopback import TARGET, Build, left_behind, umask
from tests.wheel_factory import make_wheel
from tests.whole.pythons import OWN, VERSIONS, find_interpreter, import_path

pytestmark = [
    pytest.mark.hostile("Sameness"),
    pytest.mark.pip,
    pytest.mark.process,
    pytest.mark.usefixtures("wheels"),
]

ASKED = ("alpha[more]", "beta", "gamma>=1")

GOLDEN = "873978b6e09ebb75ccfd367b675c2dbeb491de0951d1b64e12bfd67ad3d221a4"
"""sha256 of the layer that ``wheels`` makes: a promise from release to release (a change is a line in CHANGELOG)."""

PROGRAM = """
import json, sys
import lambda_wheels
requirements, options = json.load(sys.stdin)
print(lambda_wheels.build_layer(requirements, **options).sha256)
"""


@pytest.fixture
def wheels(served: Path) -> list[Path]:
    """Wheels of several kinds, all of whose members are stored: their bytes do not depend on this machine's zlib."""
    given: dict[str, dict[str, Any]] = {
        "alpha": {
            "files": {"alpha/__init__.py": "import beta\n", "alpha/Z.py": "", "alpha/a.py": "", "alpha/tool": "#!\n"},
            "modes": {"alpha/tool": 0o100755},
            "tag": "cp313-cp313-manylinux_2_28_aarch64",
            "requires": ["delta; extra == 'more'", "beta; platform_machine == 'aarch64'", "x; os_name == 'nt'"],
            "extras": ["more"],
        },
        "beta": {"files": {"shared/beta.py": "B = 1\n", "shared/é.txt": "é\n"}, "data": {"purelib/beta.py": "x\n"}},
        "gamma": {"files": {"shared/gamma.py": "G = 1\n"}, "entry_points": "[console_scripts]\ngamma = gamma:main\n"},
        "delta": {"data": {"data/etc/delta.conf": "on\n", "scripts/delta": "#!python\n"}, "requires": ["epsilon"]},
        "epsilon": {"tag": "py2.py3-none-any", "build": "3"},
    }
    return [make_wheel(served, name, stored=_Everything(), **details) for name, details in given.items()]


class _Everything(frozenset[str]):
    """All paths."""

    def __contains__(self, path: object) -> bool:
        return True


def in_a_process(
    index: IndexServer,
    output: Path,
    *,
    requirements: Sequence[str] = ASKED,
    python: str = sys.executable,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    """The digest of the same layer, built by a process of its own."""
    options = {**TARGET, "output": str(output), "index_url": index.url}
    answer = subprocess.run(
        [python, "-c", PROGRAM],
        input=json.dumps([requirements, options]),
        env={**os.environ, **(environment or {})},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (answer.returncode, answer.stderr) == (0, ""), answer.stderr
    return answer.stdout.strip()


def test_golden(build: Build, wheels: Sequence[Path], out: Path) -> None:
    """A layer of small wheels has the bytes that it had in every release, from an empty store and from a warm one."""
    assert build(ASKED, output=out / "cold.zip").sha256 == GOLDEN
    assert build(ASKED, output=out / "warm.zip").sha256 == GOLDEN
    assert hashlib.sha256((out / "warm.zip").read_bytes()).hexdigest() == GOLDEN


@pytest.mark.parametrize("version", [version for version in VERSIONS if version != OWN])
def test_other_pythons(version: str, index: IndexServer, out: Path, tmp_path: Path, uncovered: None) -> None:
    """Another version of Python on the host gives the layer the same bytes, from a store of its own."""
    python = find_interpreter(version)
    if python is None:
        pytest.skip(f"no CPython {version} was found on this machine")
    environment = {"PYTHONPATH": import_path(), "LAMBDA_WHEELS_CACHE": str(tmp_path / "own")}
    assert in_a_process(index, out / "other.zip", python=python, environment=environment) == GOLDEN


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"}, id="east"),
        pytest.param({"TZ": "America/Anchorage", "LC_ALL": "C", "PYTHONHASHSEED": "2"}, id="west"),
        pytest.param({"SOURCE_DATE_EPOCH": "1", "LC_ALL": "POSIX", "PYTHONUTF8": "0", "COLUMNS": "20"}, id="bare"),
    ],
)
def test_environments(environment: Mapping[str, str], index: IndexServer, out: Path) -> None:
    """Neither time zone, locale nor hash seed has a say in the bytes of a layer."""
    assert in_a_process(index, out / "other.zip", environment=environment) == GOLDEN


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no umask")
@pytest.mark.parametrize(
    "mask",
    [
        pytest.param(0o000, id="nothing"),
        pytest.param(0o077, id="private"),
    ],
)
def test_umask(mask: int, build: Build, out: Path) -> None:
    """Whatever the umask, the zip has the same bytes, and the folder the same modes."""
    with umask(mask):
        assert build(ASKED, output=out / "other.zip").sha256 == GOLDEN
        build(ASKED, output=out / "folder")
    modes = {path.stat().st_mode & 0o7777 for path in (out / "folder").rglob("*")}
    assert modes == {0o644, 0o755}
    assert (out / "folder").stat().st_mode & 0o7777 == 0o755


def test_working_directory(index: IndexServer, tmp_path: Path) -> None:
    """Modules, wheels and configuration in the working directory have no say, and nothing of them is run."""
    cwd = tmp_path / "cwd"
    cwd.mkdir()
    for name in ("pip", "alpha", "sitecustomize", "zipfile", "json", "hashlib"):
        (cwd / f"{name}.py").write_text("open('was-run', 'w').close(); raise SystemExit('shadowed')\n")
    make_wheel(cwd, "beta", "9.0")
    (cwd / "pip.conf").write_text("[install]\nno-deps = true\n")
    (cwd / "pyproject.toml").write_text("[project]\nname = 'alpha'\nversion = '9'\n")
    # ``-c`` puts the working directory first in the parent itself, so that is told not to.
    environment = {"PYTHONSAFEPATH": "1"}
    assert in_a_process(index, Path("layer.zip"), cwd=cwd, environment=environment) == GOLDEN
    assert (cwd / "layer.zip").is_file()
    assert not (cwd / "was-run").exists()


def test_installed_projects(index: IndexServer, out: Path, tmp_path: Path) -> None:
    """A project that is installed on the host, at another version, has no say."""
    installed = tmp_path / "installed" / "beta-7.0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: beta\nVersion: 7.0\n")
    (installed / "RECORD").write_text("")
    environment = {"PYTHONPATH": os.pathsep.join([import_path(), str(tmp_path / "installed")])}
    assert in_a_process(index, out / "other.zip", environment=environment) == GOLDEN


def test_order_and_repetition(build: Build, out: Path) -> None:
    """The order of the requirements, and saying one twice or in other words, changes nothing."""
    asked = ["Gamma >= 1", "beta", "ALPHA[more]", "alpha==1.0", "beta"]
    assert build(asked, output=out / "other.zip").sha256 == GOLDEN


def test_over_a_folder_and_a_file(build: Build, out: Path) -> None:
    """Building over an older result leaves no trace of it."""
    before = build("beta", output=out / "layer")
    after = build(ASKED, output=out / "layer")
    assert after.content_sha256 != before.content_sha256
    fresh = build(ASKED, output=out / "fresh")
    assert after.content_sha256 == fresh.content_sha256
    assert _files(out / "layer") == _files(out / "fresh")
    assert build(ASKED, output=out / "layer.zip").sha256 == GOLDEN


def _files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


# --- At the same moment ----------------------------------------------------------------------------------------------


def test_two_threads(build: Build, index: IndexServer, wheels: Sequence[Path], out: Path, store: Path) -> None:
    """Two builds in two threads over one empty store: the same bytes, and each wheel is downloaded once."""
    ready = threading.Barrier(2)

    def run(name: str) -> str | None:
        ready.wait()
        return build(ASKED, output=out / name).sha256

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(run, ["first.zip", "second.zip"])
    assert first == second
    assert (out / "first.zip").read_bytes() == (out / "second.zip").read_bytes()
    assert {path.name: index.count(f"/files/{path.name}") for path in wheels} == {path.name: 1 for path in wheels}
    assert left_behind(out, store) == []


def test_two_processes(index: IndexServer, wheels: Sequence[Path], out: Path, store: Path) -> None:
    """Two builds in two processes over one empty store, with one output: it is whole, each wheel is downloaded once."""
    with ThreadPoolExecutor(2) as threads:
        digests = set(threads.map(lambda _: in_a_process(index, out / "layer.zip"), range(2)))
    assert digests == {hashlib.sha256((out / "layer.zip").read_bytes()).hexdigest()}
    assert {path.name: index.count(f"/files/{path.name}") for path in wheels} == {path.name: 1 for path in wheels}
    assert [path.name for path in out.iterdir()] == ["layer.zip"]
    assert left_behind(out, store) == []
