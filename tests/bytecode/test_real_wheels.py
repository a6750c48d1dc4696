"""The bytecode of large real wheels, compiled in several ways. (Reaches the package index; starts pip and Pythons.)"""

from __future__ import annotations

import logging
import marshal
import random
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import CodeType

import pytest

import lambda_wheels
from lambda_wheels.bytecode import Interpreter, compile_wheels, find_interpreter, work
from lambda_wheels.bytecode.child.main import facts_of
from lambda_wheels.bytecode.paths import bytecode_path, in_lambda, sources_of
from lambda_wheels.errors import LayerError
from lambda_wheels.store import Store, StoredWheel
from lambda_wheels.wheels import read_wheel
from lambda_wheels.wheels.content import content_of

pytestmark = [pytest.mark.network, pytest.mark.once]

_log = logging.getLogger(__name__)


@pytest.fixture(scope="module")
def interpreter() -> Interpreter:
    """Of the newest Python on this machine that all three projects have wheels for, else the one that runs this."""
    for wanted in ((3, 13), (3, 12), sys.version_info[:2]):
        try:
            return find_interpreter(wanted)
        except LayerError as error:
            _log.info("%s", error)
    pytest.skip("no interpreter for bytecode")


@pytest.fixture
def wheels(interpreter: Interpreter, tmp_path: Path) -> Sequence[StoredWheel]:
    """numpy, pandas, scipy and what they need."""
    runtime = "python{}.{}".format(*interpreter.version.split("."))
    lambda_wheels.fetch_wheels(
        ["numpy", "pandas", "scipy"], runtime=runtime, architecture="x86_64", output=tmp_path / "wheels"
    )
    return [StoredWheel(read_wheel(path), path) for path in sorted((tmp_path / "wheels").iterdir())]


def digests(wheels: Sequence[StoredWheel], interpreter: Interpreter, folder: Path) -> dict[str, str]:
    """The sha256 of every ``.pyc``, by project and path, compiled into a store of its own."""
    packs = compile_wheels(wheels, interpreter, Store(folder)).packs
    return {f"{filename}: {member.name}": member.sha256 for filename, pack in packs.items() for member in pack.members}


def test_the_same_bytes(
    wheels: Sequence[StoredWheel], interpreter: Interpreter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes, one that takes the files in another order, and a fresh one for some of them: the same bytes."""
    first = digests(wheels, interpreter, tmp_path / "two")
    assert len(first) > 2_000
    monkeypatch.setattr("lambda_wheels.bytecode.compile._PROCESSES", 1)
    in_order = sorted

    def shuffled(files: list[work._File], key: object) -> list[work._File]:
        mixed = in_order(files, key=lambda file: file.path)
        random.Random(1).shuffle(mixed)
        return mixed

    monkeypatch.setattr(work, "sorted", shuffled, raising=False)
    assert digests(wheels, interpreter, tmp_path / "one") == first
    monkeypatch.undo()
    several = [stored for stored in wheels if stored.wheel.name in ("numpy", "python-dateutil")]
    alone = digests(several, interpreter, tmp_path / "some")
    assert alone.items() <= first.items()
    assert len(alone) > 300


def test_the_same_code(wheels: Sequence[StoredWheel], tmp_path: Path) -> None:
    """What is loaded is what Python compiles, field by field, for every file of pandas and numpy."""
    if sys.version_info.releaselevel != "final":
        pytest.skip("this Python is no final release")
    own = find_interpreter(sys.version_info[:2])
    several = [stored for stored in wheels if stored.wheel.name in ("numpy", "pandas")]
    bytecode = compile_wheels(several, own, Store(tmp_path / "store"))
    compared = 0
    for stored in several:
        pack = bytecode.packs[stored.wheel.filename]
        content = pack.path.read_bytes()
        made = {member.name: content[member.offset : member.offset + member.size] for member in pack.members}
        for path, member in sources_of(stored.wheel, own.version).items():
            name = bytecode_path(path, own.version)
            if name not in made:
                continue
            with warnings.catch_warnings():  # as an error, what Python says of ~True would leave it unfolded
                warnings.simplefilter("ignore")
                code = compile(content_of(stored.path, member), in_lambda(path), "exec", dont_inherit=True, optimize=0)
            loaded = marshal.loads(made[name][16:])
            assert isinstance(loaded, CodeType)
            assert facts_of(loaded) == facts_of(code), path
            compared += 1
    assert compared > 1_500
