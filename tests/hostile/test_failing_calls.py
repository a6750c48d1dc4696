"""A system call fails, at any point of any work: what is there is the old or the new, and the next run succeeds."""

from __future__ import annotations

import contextlib
import datetime
import errno
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import pytest

from tests.conftest import Tried
from tests.hostile.failing import SHORT, Ended, Machine
from tests.index_server import IndexServer
from tests.loopback import left_behind, snapshot
from tests.wheel_factory import make_wheel

pytestmark = [
    pytest.mark.hostile("Pulled plugs"),
    pytest.mark.pip,
    pytest.mark.process,
    pytest.mark.once,
    pytest.mark.skipif(sys.platform != "linux", reason="the library that lets calls fail is for Linux"),
    pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc, for the library that lets calls fail"),
]

ERRORS: Mapping[str, Sequence[int]] = {
    "open": [errno.EMFILE, errno.EACCES, errno.EIO, errno.ESTALE],
    "create": [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EMFILE, errno.EDQUOT, errno.EIO],
    "read": [errno.EIO, errno.ESTALE, SHORT],
    "write": [errno.ENOSPC, SHORT, errno.EIO, errno.EDQUOT, errno.EFBIG, errno.EINTR],
    "sync": [errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EINTR],
    "rename": [errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EIO, errno.EXDEV],
    "mkdir": [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT, errno.EMLINK],
    "remove": [errno.EACCES, errno.EIO, errno.EROFS, errno.EBUSY],
    "close": [errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EINTR],
    "stat": [errno.EIO, errno.ESTALE, errno.EACCES],
    "list": [errno.EIO, errno.EMFILE, errno.ESTALE, errno.EACCES],
    "truncate": [errno.ENOSPC, errno.EIO],
    "times": [errno.EPERM, errno.EROFS],
    "chmod": [errno.EPERM, errno.EIO, errno.EROFS],
    "copy": [errno.EIO, errno.ENOSPC],
    "lock": [errno.ENOLCK, errno.EIO, errno.EOPNOTSUPP, errno.EINTR],
    "access": [errno.EACCES, errno.EROFS],
    "link": [errno.EPERM, errno.EMLINK],
}
"""What the calls of each kind may say, in turn."""

CHANGES = frozenset({"create", "write", "sync", "rename", "mkdir", "remove", "chmod", "copy", "lock"})
"""What may fail from one moment on: a disk becomes full, or read-only. All of these are tried, of others some."""

NEEDED_TO_REMOVE = frozenset({"open", "list", "stat", "remove", "close"})
"""Where one of these fails a temporary folder cannot be removed; the next run does it then."""


Snapshot = Mapping[str, tuple[int, bytes]]
_T = TypeVar("_T")


class Round(NamedTuple):
    """The call that fails."""

    kind: str
    at: int
    error: int
    lasting: bool

    def __str__(self) -> str:
        error = errno.errorcode.get(self.error, "half")
        return f"{self.kind} {self.at}{' and later' if self.lasting else ''}: {error}"


class Work(NamedTuple):
    """Something to do, and what there is before."""

    before: str
    arguments: Sequence[str | Path]
    expected: Sequence[int] = (0, 3)
    """The exit codes of a run in which a call fails."""
    output: bool = True
    """Whether all of the output appears in one step; of a folder of wheels each wheel does."""
    slow: bool = False
    """Whether it starts pip."""


class Works:
    """A machine, and everything that can be done with it."""

    def __init__(self, machine: Machine, base: Path, index: IndexServer, wheel: Path) -> None:
        self.machine = machine
        self._base = base
        out, lock = machine.out, base / "pylock.toml"
        target = ["--runtime=python3.13", "--architecture=arm64", f"--index-url={index.url}", "--retries=0"]
        own = [f"--runtime=python{sys.version_info[0]}.{sys.version_info[1]}", *target[1:]]
        locked: list[str | Path] = ["build", "-r", lock, *target, "-o"]
        self.works = {
            "zip": Work("warm", [*locked, out / "layer.zip"]),
            "zip over another": Work("old", [*locked, out / "layer.zip"]),
            "folder": Work("warm", [*locked, out / "layer"]),
            "folder over another": Work("old", [*locked, out / "layer"]),
            "bytecode": Work("old", ["build", "-r", lock, *own, "--bytecode", "-o", out / "layer.zip"]),
            "wheel given": Work("cold", ["build", wheel, *target, "-o", out / "layer.zip"], slow=True),
            "wheels missing": Work("cold", [*locked, out / "layer.zip"], slow=True),
            "nothing there": Work("cold", ["build", "demo", *target, "-o", out / "layer.zip"], slow=True),
            "lock": Work("old", ["lock", "demo", *target, "--upgrade", "-o", out / "pylock.toml"], slow=True),
            "fetch": Work("old", ["fetch", "-r", lock, *target, "-o", out / "wheels"], output=False),
            "check": Work("old", ["check", out / "layer.zip", *target[:2]]),
            "check a folder": Work("old", ["check", out / "layer", *target[:2]]),
            "cache verify": Work("old", ["cache", "verify"], expected=(0, 1, 3)),  # 1: it says what it cannot read
            "cache clear": Work("old", ["cache", "clear"]),
            "cache info": Work("old", ["cache", "info"]),
        }
        both = dict.fromkeys([own[0], *target])
        self._prepare(["lock", "demo", *both, "-o", lock], target, index)

    def _prepare(self, make_lock: list[str | Path], target: list[str], index: IndexServer) -> None:
        """What there is before: ``warm`` has a store with the wheels, ``old`` also outputs, ``cold`` only these."""
        machine, base = self.machine, self._base
        machine.begin(None)
        self.done(make_lock)
        machine.keep(base / "warm")
        self.done(["lock", "other", *target, "-o", machine.out / "pylock.toml"])
        for name in ("layer.zip", "layer"):
            self.done(["build", "-r", machine.out / "pylock.toml", *target, "-o", machine.out / name])
        shutil.rmtree(machine.store)
        machine.store.mkdir()
        machine.keep(base / "cold")
        machine.store.rmdir()
        shutil.copytree(base / "warm" / "store", machine.store)
        machine.keep(base / "old")

    def begin(self, work: Work) -> None:
        """Let everything be as it was before ``work``."""
        self.machine.begin(self._base / work.before)

    def done(self, arguments: Sequence[str | Path]) -> Ended:
        """How it ends where nothing fails."""
        ended = self.machine.run(arguments, ERRORS)
        assert ended.code == 0, ended
        return ended


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Works]:
    """A machine, an index with three projects, and what can be done."""
    base = tmp_path_factory.mktemp("failing")
    served = base / "served"
    served.mkdir()
    for name, requires in (("demo", ["helper"]), ("helper", [])):
        files: dict[str, bytes | str] = {
            f"{name}/__init__.py": "X = 1\n",
            f"{name}/data.bin": bytes(range(256)) * 20,
            f"{name}/more/a.py": "",
        }
        make_wheel(served, name, files=files, requires=requires)
    make_wheel(served, "other")
    with IndexServer(served) as index, contextlib.closing(Machine(base)) as machine:
        yield Works(machine, base, index, served / "helper-1.0-py3-none-any.whl")


SAMPLE = ["zip over another", "folder over another", "fetch", "check", "cache verify"]
SELDOM = [
    "zip",
    "folder",
    "bytecode",
    "wheel given",
    "wheels missing",
    "nothing there",
    "lock",
    "check a folder",
    "cache clear",
    "cache info",
]


@pytest.mark.parametrize("name", [*SAMPLE, *(pytest.param(name, marks=pytest.mark.long) for name in SELDOM)])
def test_a_call_that_fails(name: str, works: Works, at_length: bool, tried: Tried) -> None:
    """System calls fail, each in turn, once or from then on (ENOSPC, EIO, EROFS, EMFILE, …; short reads and writes), while layers are built, wheels fetched, locks made, the store looked after: one clear error or success, the output is the old or the new one, the store verifies, nothing temporary is left, the next run succeeds."""  # noqa: E501
    work = works.works[name]
    works.begin(work)
    old = snapshot(works.machine.out)
    calls = works.done(work.arguments).calls
    new = snapshot(works.machine.out)
    rounds: Sequence[Round] = list(_rounds(calls, most=3 if work.slow else 12))
    if not at_length:
        rounds = _spread([one for one in rounds if one.kind in CHANGES] or rounds, 2)
    for one in rounds:
        works.begin(work)
        ended = works.machine.run(work.arguments, [one.kind], at=one.at, error=one.error, lasting=one.lasting)
        wrong = [*_wrong(work, ended, works.machine, (old, new), one), *_wrong_later(work, works.machine, new)]
        assert not wrong, f"{one} ({ended.what}): {'; '.join(wrong)}\n{ended.stderr}"
        tried(1)


def _rounds(calls: Mapping[str, int], most: int) -> Iterator[Round]:
    """Every call that changes something, and of each other kind at most so many."""
    for kind, count in calls.items():
        numbers = range(1, count + 1)
        for at in numbers if kind in CHANGES and count <= 3 * most else _spread(numbers, most):
            error = ERRORS[kind][at % len(ERRORS[kind])]
            yield Round(kind, at, error, lasting=False)
            if kind in CHANGES and error != errno.EINTR:  # after which Python tries again, for as long as it is said
                yield Round(kind, at, error, lasting=True)


def _spread(values: Sequence[_T], most: int) -> Sequence[_T]:
    if len(values) <= most:
        return values
    return [values[number * len(values) // most + len(values) // (2 * most)] for number in range(most)]


def _wrong(work: Work, ended: Ended, machine: Machine, outputs: tuple[Snapshot, Snapshot], one: Round) -> Iterator[str]:
    """What does not hold when a call has failed."""
    old, new = outputs
    found, aside = _found(machine.out)
    kept = all(state in (aside.get(path), found.get(path)) for path, state in old.items())
    if ended.code == 3 and one.kind == "rename" and one.lasting and aside and kept:
        return  # nothing could be brought back: all of the old is there for the next run to do so, or for a person
    unread = one.kind == "read" and "error[wheel-unreadable]" in ended.stderr  # which zipfile takes for no zip
    if ended.code not in (*work.expected, int(unread)):
        yield f"exit code {ended.code}"
    if "Traceback" in ended.stderr or "Warning:" in ended.stderr:
        yield "Python speaks"
    if ended.code == 3 and "error[" not in ended.stderr:
        yield "nothing is said"
    if ended.code == 0 and found != new:
        yield "it says that all is well, and the output is not the new one"
    if work.output and found not in (old, new):
        yield "the output is neither the old nor the new one"
    if not all(state in (old.get(path), new.get(path)) for path, state in found.items()):
        yield "a file is neither the old nor the new one"
    left = [*left_behind(*machine.folders), *map(str, machine.tmp.iterdir())]
    if left and one.kind not in NEEDED_TO_REMOVE:
        yield f"left behind: {left}"


def _found(out: Path) -> tuple[Snapshot, Snapshot]:
    """The outputs, and what of old ones was moved out of their places, as if it were still there."""
    outputs, aside = {}, {}
    for path, state in snapshot(out).items():
        if moved := re.fullmatch(r"(.*/)?\.lambda-wheels-[^/]*/\.(?:leaving|left)/(.*)", path):
            aside[f"{moved[1] or ''}{moved[2]}"] = state
        elif ".lambda-wheels-" not in path:
            outputs[path] = state
    return outputs, aside


def _wrong_later(work: Work, machine: Machine, new: Snapshot) -> Iterator[str]:
    """What does not hold when nothing fails any more."""
    verified = machine.run(["cache", "verify"])
    if verified.code or "damaged" in verified.stdout + verified.stderr:
        yield f"the store is damaged: {verified.stdout}{verified.stderr}"
    again = machine.run(work.arguments)
    if again.code:
        yield f"the next run fails: {again.stderr}"
    elif snapshot(machine.out) != new:
        yield "the next run makes something else, or something temporary is still there"
    if left := left_behind(machine.store):
        yield f"left behind after the next run: {left}"


@pytest.mark.parametrize(
    "year", [pytest.param(1970, marks=pytest.mark.long), pytest.param(1979, marks=pytest.mark.long), 2099]
)
def test_a_wrong_clock(year: int, works: Works, at_length: bool, tried: Tried) -> None:
    """The clock is in 1970, 1979 or 2099, and so are the dates of the store's files: the same layer, from the index and from the store."""  # noqa: E501
    for name in ("nothing there", "zip", "folder") if at_length else ("zip",):
        work = works.works[name]
        works.begin(work)
        works.done(work.arguments)
        new = snapshot(works.machine.out)
        works.begin(work)
        then = datetime.datetime(year, 1, 2, tzinfo=datetime.UTC).timestamp()
        for path in works.machine.store.rglob("*"):
            os.utime(path, (then, then))
        clock = int(then - time.time())
        ended = works.machine.run(work.arguments, clock=clock)
        assert ended.code == 0, ended
        assert ("deprecated-runtime" in ended.stderr) == (year == 2099)  # it is the clock that it goes by
        assert snapshot(works.machine.out) == new
        assert works.machine.run(["cache", "verify"], clock=clock).code == 0
        tried(1)
