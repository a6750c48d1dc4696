"""Every check of this project, each a session: ``nox -l`` lists them, ``nox`` runs those that have to pass.

The virtual environments are plain ones and pip fills them, so that a machine's own pip configuration (its indexes,
its ``PIP_*`` variables) holds for the checks as it holds for the user.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nox

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "virtualenv"
nox.options.download_python = "never"
nox.options.reuse_venv = "yes"

ROOT = Path(__file__).resolve().parent
PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
"""The supported Pythons, oldest first, from the classifiers."""


# --- Pythons ---------------------------------------------------------------------------------------------------------

# What a Python has to do before it counts: a command of that name may be a launcher of something that is not there
# (pyenv's shims), another implementation, a build without the GIL, or one that lacks what pip and coverage need.
PROBE = """
import sqlite3, ssl, sys, sysconfig, zlib
if sys.implementation.name == "cpython" and not sysconfig.get_config_var("Py_GIL_DISABLED"):
    print("%d.%d" % sys.version_info[:2], getattr(sys, "_base_executable", sys.executable), sep="\\n")
"""


@functools.cache
def probe(*command: str) -> tuple[str, str]:
    """The version (``3.13``) and the executable behind ``command``; two empty texts if it is not a Python for us."""
    try:
        # -I: neither the working directory nor PYTHON* variables have a say.
        answer = subprocess.run(
            [*command, "-I", "-c", PROBE], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return "", ""
    lines = answer.stdout.splitlines()
    if answer.returncode != 0 or len(lines) != 2:
        return "", ""
    return lines[0], lines[1]


def candidates(version: str) -> Iterator[tuple[str, ...]]:
    """Commands that may be CPython ``version``, the likeliest first."""
    yield (sys.executable,)
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    suffix = ".exe" if os.name == "nt" else ""
    for folder in folders:
        yield (str(folder / f"python{version}{suffix}"),)
    if os.name == "nt":
        yield ("py", f"-{version}")
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or Path.home() / ".local/share/uv/python")
    roaming = Path(os.environ.get("APPDATA") or Path.home()) / "uv/python"
    for versions, pattern in (
        (pyenv / "versions", f"{version}.*"),
        (pyenv / "pyenv-win/versions", f"{version}.*"),
        (uv, f"cpython-{version}.*"),
        (roaming, f"cpython-{version}.*"),
    ):
        for home in sorted(versions.glob(pattern), reverse=True):
            yield (str(home / "bin" / f"python{version}"),)
            yield (str(home / "python.exe"),)
    for folder in folders:
        yield (str(folder / f"python3{suffix}"),)
        yield (str(folder / f"python{suffix}"),)


def find_python(version: str) -> str | None:
    """The path of a CPython ``version`` on this machine that really runs; None if there is none."""
    for command in candidates(version):
        if command[0] == "py" or Path(command[0]).is_file():
            found, executable = probe(*command)
            if found == version:
                return executable
    return None


FOUND = {version: path for version in PYTHONS if (path := find_python(version))}
HOST = "{}.{}".format(*sys.version_info[:2])
INDEX_PYTHON = HOST if HOST in FOUND else next(iter(FOUND), "")
"""The one Python on which the tests run that are marked ``network`` or ``once``."""


# --- Helpers ---------------------------------------------------------------------------------------------------------


def group(name: str) -> list[str]:
    """The requirements of a dependency group (PEP 735)."""
    return list(nox.project.dependency_groups(PROJECT, name))


def run_tests(session: nox.Session, *arguments: str) -> None:
    """Run pytest under coverage; each session keeps its own data, which ``coverage`` combines."""
    data = ROOT / f".coverage.{session.name}"
    for old in ROOT.glob(f"{data.name}.*"):
        old.unlink()
    session.run(
        "coverage",
        "run",
        "-m",
        "pytest",
        "--numprocesses=2",
        *(arguments or session.posargs),
        env={"COVERAGE_FILE": str(data), "LAMBDA_WHEELS_SOURCE": str(ROOT / "lambda_wheels")},
    )


# --- Sessions --------------------------------------------------------------------------------------------------------


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff: its rules, and its format."""
    session.install(*group("lint"))
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Mypy, strict, over package, tests and noxfile: as this machine, as Windows and as macOS."""
    session.install("-e", ".", *group("types"))
    for platform in (sys.platform, *sorted({"linux", "win32", "darwin"} - {sys.platform})):
        # A cache for each, as mypy throws one away that was made for another platform.
        session.run("mypy", f"--platform={platform}", f"--cache-dir=.mypy_cache/{platform}", *session.posargs)


def tests_on(session: nox.Session) -> None:
    """Run the tests; those against the real package index, and others that take long, on one Python only."""
    session.install("-e", ".", *group("test"))
    version = session.name.removeprefix("tests-")
    if session.posargs or version == INDEX_PYTHON:
        run_tests(session)
    else:
        session.log(f"The tests marked network or once run on Python {INDEX_PYTHON} only.")
        run_tests(session, "-m", "not network and not once")


def tests_skipped(session: nox.Session) -> None:
    """Say that this Python is not on this machine."""
    session.skip(f"no CPython {session.name.removeprefix('tests-')} that runs was found on this machine")


# One session a Python, made here and not by `python=[...]`: nox would take the first command of the right name on PATH,
# even where it does not run.
for _version in PYTHONS:
    if _version in FOUND:
        tests_on.__doc__ = f"The tests on CPython {_version}, found at {FOUND[_version]}."
        nox.session(name=f"tests-{_version}", python=FOUND[_version])(tests_on)
    else:
        tests_skipped.__doc__ = f"The tests on CPython {_version}, which was not found on this machine."
        nox.session(name=f"tests-{_version}", venv_backend="none")(tests_skipped)


@nox.session(default=False, venv_backend="none")
def tests(session: nox.Session) -> None:
    """The tests on every supported Python found on this machine: tests-3.11, tests-3.12, …"""
    for version in PYTHONS:
        session.notify(f"tests-{version}")


@nox.session
def coverage(session: nox.Session) -> None:
    """Coverage of the whole package, branches too, from the data of all test sessions."""
    session.install(*(requirement for requirement in group("test") if requirement.startswith("coverage")))
    if not FOUND:
        session.error(f"none of the supported Pythons ({', '.join(PYTHONS)}) runs on this machine")
    pieces = sorted(str(path) for path in ROOT.glob(".coverage.tests-*"))
    if not pieces:
        session.error("no data: run `nox -s tests` first")
    session.run("coverage", "combine", "--keep", "--quiet", *pieces, log=False)
    session.run("coverage", "report", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation, with warnings as errors; then its examples are run and its help texts compared."""
    session.install(".", *group("docs"), *group("lockers"))
    output = ROOT / "docs" / "_build"
    session.run("sphinx-build", "-W", "--keep-going", "-q", "-b", "html", "docs", str(output / "html"))
    # Poetry asks an interface of its own at the index, which mirrors lack, unless it is told to ask where pip does.
    ask = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
    index = session.run("python", "-c", ask, silent=True, log=False) or ""
    environment = {"POETRY_PYPI_MIRROR_URL": index.strip(), "PDM_CHECK_UPDATE": "0"}
    session.run("python", "-m", "tests.docs.examples", *session.posargs, env=environment)


@nox.session
def package(session: nox.Session) -> None:
    """Build sdist and wheel, check them, and do the main job with the wheel, installed where there is no source."""
    session.install(*group("package"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        dist = folder / "dist"
        session.run("python", "-m", "build", "--outdir", str(dist), ".")
        session.run("twine", "check", "--strict", *(str(path) for path in sorted(dist.iterdir())))

        session.run("python", "-m", "virtualenv", "--quiet", str(folder / "clean"))
        programs = folder / "clean" / ("Scripts" if os.name == "nt" else "bin")
        python, command = str(programs / "python"), str(programs / "lambda-wheels")
        with session.chdir(folder):
            session.run(python, "-m", "pip", "install", "--quiet", *map(str, dist.glob("*.whl")), external=True)
            session.run(python, "-m", "pip", "check", external=True)
            target = ["--runtime", "python3.13", "--architecture", "arm64", "--output"]
            session.run(command, "build", "duckdb", *target, "layer.zip", external=True)
            session.run(python, "-m", "lambda_wheels", "build", "idna", *target, "layer", external=True)
            session.run(python, "-m", "zipfile", "--test", "layer.zip", external=True)
            for path in (folder / "layer.zip", folder / "layer/python/idna/__init__.py"):
                if not path.stat().st_size:
                    session.error(f"{path.name} is empty")


# --- Not by default --------------------------------------------------------------------------------------------------


# A plain venv, as a user has one: virtualenv's looks at every import, which is half of what a locked build takes.
@nox.session(default=False, venv_backend="venv")
def bench(session: nox.Session) -> None:
    """Wall time, size and memory beside uv, pip and others, in one table; peers that are not installed are left out."""
    session.install(".", "aws-lambda-builders", "uv")
    # aws-lambda-builders wants the target's own Python on PATH, though it only asks pip for wheels.
    folders = [str(Path(python).parent) for python in FOUND.values()]
    path = os.pathsep.join([*(session.bin_paths or []), *folders, os.environ["PATH"]])
    session.run("python", "-m", "bench", *session.posargs, env={"PATH": path})


@nox.session(default=False)
def verdicts(session: nox.Session) -> None:
    """Popular projects built for four targets and imported where this machine can: are the verdicts right?"""
    session.install(".")
    folders = [str(Path(python).parent) for python in FOUND.values()]
    path = os.pathsep.join([*(session.bin_paths or []), *folders, os.environ["PATH"]])
    session.run("python", "-m", "bench.verdicts", *session.posargs, env={"PATH": path})


@nox.session(default=False)
def hostile(session: nox.Session) -> None:
    """Hostile wheels, broken indexes, pulled plugs, at full length: writes the scoreboard of the documentation."""
    session.install("-e", ".", *group("test"))
    rows = ROOT / ".hostile.json"
    arguments = ["--numprocesses=2", "--maxprocesses=2", "-m", "hostile", "--long", f"--scoreboard={rows}"]
    session.run("pytest", *arguments, *session.posargs, success_codes=[0, 1])
    session.run("python", "-m", "tests.scoreboard", str(rows))


@nox.session(default=False)
def invoke(session: nox.Session) -> None:
    """A function imports from a published layer: run by MiniStack, which has an environment of its own."""
    session.install("-e", ".", *group("test"), "virtualenv")
    own = Path(session.create_tmp()).resolve() / "ministack"
    session.run("python", "-m", "virtualenv", "--quiet", str(own))
    programs = own / ("Scripts" if os.name == "nt" else "bin")
    session.run(str(programs / "python"), "-m", "pip", "install", "--quiet", "ministack", external=True)
    environment = {"LAMBDA_WHEELS_MINISTACK": str(programs / "ministack")}
    session.run("pytest", "tests/aws/test_invoke.py", *session.posargs, env=environment)


@nox.session(default=False, python=next(iter(FOUND.values()), None))
def minimums(session: nox.Session) -> None:
    """The tests with the lowest version that is allowed of each dependency, pip above all."""
    floors = [requirement.replace(">=", "==") for requirement in PROJECT["project"]["dependencies"]]
    constraints = Path(session.create_tmp()) / "floors.txt"
    constraints.write_text("\n".join(floors) + "\n", encoding="utf-8")
    session.install("--constraint", str(constraints), "-e", ".", *group("test"))
    session.run("python", "-m", "pip", "list")
    run_tests(session)


@nox.session(name="update-runtimes", default=False)
def update_runtimes(session: nox.Session) -> None:
    """Compare our table of runtimes with the newest botocore's, and say what is missing."""
    session.install("-e", ".")
    session.install("--upgrade", "boto3")
    session.run("python", "-m", "tests.targets.aws_runtimes")


@nox.session(default=False, venv_backend="none")
def clean(session: nox.Session) -> None:
    """Remove what the sessions left in the tree."""
    for name in (".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", "docs/_build"):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    for path in (*ROOT.glob(".coverage*"), ROOT / ".hostile.json"):
        path.unlink(missing_ok=True)
