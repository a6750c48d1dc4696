"""What is in the store's place of a wheel, of what is known of it, or of a folder, is damaged or is something else."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from lambda_wheels import SurroundingsError
from lambda_wheels.store import Store
from tests.conftest import Tried
from tests.hostile.from_a_lock import OWN, Built, built, within
from tests.hostile.odd_files import make_pipe, make_socket
from tests.loopback import left_behind

__all__ = ["built"]

pytestmark = [
    pytest.mark.hostile("Pulled plugs"),
    pytest.mark.pip,
    pytest.mark.once,
    pytest.mark.skipif(sys.platform == "win32", reason="no such files"),
]

Harm = Callable[[Path], object]


def _flipped(place: float) -> Harm:
    def flip(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[int(place * (len(content) - 1))] ^= 0x40
        path.write_bytes(content)

    return flip


def _instead(make: Harm) -> Harm:
    """Something else in the place of a file or folder; what was there is beside it, if it is to be led to."""

    def replace(path: Path) -> None:
        aside = path.with_name("aside")
        path.rename(aside)
        make(path)
        if not path.is_symlink() or not path.exists() or not path.samefile(aside):
            shutil.rmtree(aside) if aside.is_dir() else aside.unlink()

    return replace


def _folder_with_a_file(path: Path) -> None:
    path.mkdir()
    (path / "mine").write_text("mine")


BYTES: dict[str, Harm] = {
    **{f"flipped at {place:.0%}": _flipped(place) for place in (0, 0.01, 0.3, 0.6, 0.99, 1)},
    "emptied": lambda path: path.write_bytes(b""),
    "cut by one byte": lambda path: os.truncate(path, path.stat().st_size - 1),
    "cut in half": lambda path: os.truncate(path, path.stat().st_size // 2),
    "one byte more": lambda path: path.write_bytes(path.read_bytes() + b"\n"),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "gone": Path.unlink,
}
OTHERS: dict[str, Harm] = {
    "a file": _instead(lambda path: path.write_bytes(b"mine")),
    "a folder": _instead(Path.mkdir),
    "a folder with a file": _instead(_folder_with_a_file),
    "a pipe": _instead(make_pipe),
    "a socket": _instead(make_socket),
    "a dangling link": _instead(lambda path: path.symlink_to("nowhere")),
    "a link to itself": _instead(lambda path: path.symlink_to(path.name)),
    "a link to an endless device": _instead(lambda path: path.symlink_to("/dev/zero")),
    "a link to the same": _instead(lambda path: path.symlink_to("aside")),
}


def some(harms: Mapping[str, Harm], at_length: bool) -> list[tuple[str, Harm]]:
    """All of ``harms``, or a few of each sort."""
    return list(harms.items())[:: 1 if at_length else 5]


@pytest.mark.parametrize("whose", ["wheel", "facts"])
def test_files(whose: str, built: Built, at_length: bool, tried: Tried) -> None:
    """A wheel in the store, or what is noted of it, has a byte flipped, is empty, cut, longer, zeros, gone, or is a folder, a pipe, a socket, a device or a link: noticed, fetched or computed again, the same layer, a store that verifies."""  # noqa: E501
    path = built.wheel if whose == "wheel" else built.wheel.with_name(f"{built.wheel.name}.facts.json")
    for name, harm in some(BYTES | OTHERS, at_length):
        built.mend()
        harm(path)
        assert built.build().sha256 == built.sha256, name
        with within(60):
            assert [problem for problem in Store(built.store).verify() if "aside" not in str(problem)] == [], name
        assert path.is_file(), name
        assert left_behind(built.store) == [], name
        tried(1)


@pytest.mark.process
@pytest.mark.usefixtures("uncovered")
def test_bytecode(built: Built, at_length: bool, tried: Tried) -> None:
    """Bytecode in the store has a byte flipped, is empty, cut, longer, zeros, gone, or something else is in its place: compiled again, the same layer."""  # noqa: E501
    own = {"runtime": OWN, "bytecode": sys.executable}
    before = built.build(**own).sha256
    shutil.rmtree(built.saved)
    shutil.copytree(built.store, built.saved)
    (path,) = built.wheel.parent.glob("*.bytecode")
    for name, harm in some(BYTES | OTHERS, at_length):
        built.mend()
        harm(path)
        assert built.build(**own).sha256 == before, name
        with within(60):
            assert [problem for problem in Store(built.store).verify() if "aside" not in str(problem)] == [], name
        tried(1)


def test_facts_of_another_wheel(built: Built) -> None:
    """What is noted of one wheel lies beside another: computed again, the same layer."""
    (other,) = built.store.glob("v*/wheels/*/*/helper-*.facts.json")
    facts = built.wheel.with_name(f"{built.wheel.name}.facts.json")
    shutil.copyfile(other, facts)
    assert built.build().sha256 == built.sha256
    assert facts.read_bytes() != other.read_bytes()


SAMPLE = {"wheels", "the register's lock"}
PLACES: dict[str, Callable[[Built], Path]] = {
    "the store": lambda built: built.store,
    "v1": lambda built: built.store / "v1",
    "wheels": lambda built: built.store / "v1" / "wheels",
    "two digits": lambda built: built.wheel.parent.parent,
    "the folder of a wheel": lambda built: built.wheel.parent,
    "scratch": lambda built: built.store / "v1" / "scratch",
    "locks": lambda built: built.store / "v1" / "locks",
    "the register's lock": lambda built: built.store / "v1" / "scratch" / "register.lock",
    "the lock of a wheel": lambda built: next((built.store / "v1" / "locks").glob(f"{built.wheel.parent.name}.lock")),
}


@pytest.mark.parametrize(
    "place", [pytest.param(place, marks=[] if place in SAMPLE else [pytest.mark.long]) for place in PLACES]
)
def test_folders_and_locks(place: str, built: Built, at_length: bool, tried: Tried) -> None:
    """The store, a folder of it or a lock in it is a file, a folder, a pipe, a socket, a device or a link: gone round with the same layer, or one clear error; nothing is waited for."""  # noqa: E501
    for name, harm in some(OTHERS, at_length):
        built.mend()
        harm(PLACES[place](built))
        if built.wheel.is_file():  # else it has to be found missing as well
            built.wheel.unlink()
        with contextlib.suppress(SurroundingsError):
            assert built.build().sha256 == built.sha256, name
        with within(60), contextlib.suppress(SurroundingsError):
            list(Store(built.store).verify())
        with within(60), contextlib.suppress(SurroundingsError):
            Store(built.store).clear()
        tried(1)
