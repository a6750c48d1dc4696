"""One digest over every combination of what a machine can be. (Starts processes.)"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import lambda_wheels
from lambda_wheels.bytecode import find_interpreter as compiler_of
from tests.conftest import Figure, Tried
from tests.hostile.combinations import EVERY, Combination
from tests.loopback import TARGET
from tests.whole.pythons import VERSIONS, find_interpreter, import_path
from tests.whole.test_sameness import GOLDEN, wheels

__all__ = ["wheels"]

pytestmark = [
    pytest.mark.hostile("Sameness"),
    pytest.mark.process,
    pytest.mark.once,
    pytest.mark.usefixtures("uncovered"),
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither umask nor tzset"),
]

SEEDS = ("0", "1", "4294967295")
LOCALES: Mapping[str, Mapping[str, str]] = {
    "UTF-8": {"LC_ALL": "C.UTF-8"},
    "ASCII": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "POSIX": {"LC_ALL": "POSIX"},
    "Turkish": {"LC_ALL": "tr_TR.UTF-8"},
}
OTHERS: Sequence[tuple[Sequence[str], Mapping[str, str]]] = (
    (["-O"], {}),
    (["-OO", "-B"], {}),
    (["-I"], {}),
    (["-X", "dev"], {}),
    (["-X", "utf8=0"], {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "latin-1"}),
    ([], {"PYTHONOPTIMIZE": "2", "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "1", "TERM": "dumb"}),
    ([], {"SOURCE_DATE_EPOCH": "0", "PYTHONHASHSEED": "random"}),
    ([], {"SOURCE_DATE_EPOCH": "4102444800", "LANGUAGE": "de", "NO_COLOR": "1", "CI": "true"}),
)
"""Flags of Python and variables that other programs make a difference by."""


class Process(NamedTuple):
    """What is settled when a process starts."""

    python: str
    flags: Sequence[str] = ()
    environment: Mapping[str, str] = {}


class Asked(NamedTuple):
    """The layer that all are to build."""

    task: Mapping[str, Any]
    digests: Mapping[str, str]
    """By the kind of output."""


@pytest.fixture
def asked(wheels: Sequence[Path], out: Path, store: Path) -> Asked:
    """The layer of ``GOLDEN``, from a lock of wheels on this disk, and the same as a folder and with bytecode."""
    try:
        interpreter = compiler_of((3, 13)).executable
    except lambda_wheels.LayerError:
        pytest.skip("no CPython 3.13 was found on this machine")
    packages = []
    for path in wheels:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        name, version, *_ = path.name.split("-")
        packages.append(
            f'[[packages]]\nname = "{name}"\nversion = "{version}"\n[[packages.wheels]]\n'
            f"path = '{path}'\nhashes = {{sha256 = \"{digest}\"}}\n"
        )
    lock = out / "pylock.toml"
    lock.write_text('lock-version = "1.0"\ncreated-by = "tests"\n' + "".join(packages), encoding="utf-8")
    made = {
        "zip": lambda_wheels.build_layer(lock, output=out / "layer.zip", **TARGET),
        "folder": lambda_wheels.build_layer(lock, output=out / "layer", **TARGET),
        "bytecode": lambda_wheels.build_layer(lock, output=out / "compiled.zip", bytecode=interpreter, **TARGET),
    }
    task = {"packages": packages, "warm": str(store), "interpreter": interpreter, "options": TARGET}
    return Asked(task, {kind: layer.sha256 or layer.content_sha256 for kind, layer in made.items()})


def _digests(process: Process, combinations: Sequence[Combination], asked: Asked, work: Path) -> list[str]:
    """What a process makes of ``combinations``, without a word."""
    paths = import_path().split(os.pathsep)
    program = f"import sys; sys.path[:0] = {paths!r}; from tests.hostile.combinations import main; main()"
    answer = subprocess.run(
        [process.python, *process.flags, "-c", program],
        input=json.dumps({**asked.task, "work": str(work), "combinations": combinations}),
        env={**os.environ, "PYTHONPATH": "", **process.environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    assert (answer.returncode, answer.stderr) == (0, ""), process
    digests = json.loads(answer.stdout)
    assert isinstance(digests, list)
    return digests


def _try(processes: Sequence[Process], shares: Sequence[Sequence[Combination]], asked: Asked, work: Path) -> int:
    """Let each of ``processes`` build its share; how many layers there were, all of them as they should be."""
    work.mkdir()
    shares = [
        # where names of files are ASCII there is no such folder, and a layer with other names is refused as a folder
        [one for one in share if one.output != "folder" and one.cwd.isascii()] if _only_ascii(process) else share
        for process, share in zip(processes, shares, strict=True)
    ]
    with ThreadPoolExecutor(2) as threads:
        made = threads.map(
            lambda one: _digests(processes[one], shares[one], asked, work / str(one)), range(len(processes))
        )
        for process, share, digests in zip(processes, shares, made, strict=True):
            wrong = [one for one, digest in zip(share, digests, strict=True) if digest != asked.digests[one.output]]
            assert wrong == [], process
    return sum(map(len, shares))


def _only_ascii(process: Process) -> bool:
    return process.environment.get("PYTHONUTF8") == "0" or "utf8=0" in process.flags


def _processes() -> Iterator[Process]:
    """Every Python with every hash seed and every locale that this machine has."""
    pythons = [python for version in VERSIONS if (python := find_interpreter(version)) is not None]
    for python, seed, name in itertools.product(pythons, SEEDS, LOCALES):
        if name != "Turkish" or _has_turkish():
            yield Process(python, (), {**LOCALES[name], "PYTHONHASHSEED": seed})


def _has_turkish() -> bool:
    program = "import locale; locale.setlocale(locale.LC_ALL, 'tr_TR.UTF-8')"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, check=False).returncode == 0


PARTS = 8
"""Of the long run, that each can be tried by another worker."""


@pytest.mark.parametrize(
    "part", [pytest.param(part, marks=[pytest.mark.long] if part else []) for part in range(PARTS)]
)
def test_every_combination(
    part: int, asked: Asked, tmp_path: Path, at_length: bool, tried: Tried, note: Figure
) -> None:
    """Python, hash seed, locale; umask, zone, folder, order, store, machine; zip, folder, bytecode: one digest each."""
    assert asked.digests["zip"] == GOLDEN
    combinations = list(EVERY)
    random.Random(7).shuffle(combinations)
    processes = list(_processes())
    if not at_length:
        own = [process for process in processes if process.python == sys.executable]
        processes, combinations = own[:: len(own) - 1], combinations[:12]
    shares = [combinations[one :: len(processes)] for one in range(len(processes))]
    mine = slice(part, None, PARTS) if at_length else slice(None)
    tried(_try(processes[mine], shares[mine], asked, tmp_path / "work"))
    if at_length and part == 0:
        pythons = sorted({process.python for process in processes})
        note(
            f"{len(processes)} processes ({len(pythons)} Pythons, {len(SEEDS)} hash seeds, "
            f"{len(processes) // len(pythons) // len(SEEDS)} locales) shared all {len(EVERY):,} combinations of what "
            "can be otherwise inside a process"
        )
        if not _has_turkish():
            note("the Turkish locale, whose small i is another, is not on this machine")


@pytest.mark.long
def test_other_surroundings(asked: Asked, tmp_path: Path, tried: Tried) -> None:
    """`-O`, `-I`, `-X dev`, `PYTHONOPTIMIZE`, `SOURCE_DATE_EPOCH`, `COLUMNS`, no UTF-8, and more: the same digests."""
    combinations = random.Random(8).sample(EVERY, 40)
    processes = [Process(sys.executable, *other) for other in OTHERS]
    tried(_try(processes, [combinations] * len(processes), asked, tmp_path / "work"))
