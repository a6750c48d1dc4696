"""What may be otherwise inside a process while it builds, and the digests of what it builds. (Changes its process.)

It runs in a process of its own, of any supported Python, and is told by JSON on stdin what to do.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import locale
import logging
import os
import random
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple
from unittest import mock


class Combination(NamedTuple):
    """One way to be."""

    umask: int
    zone: str
    cwd: str
    order: int
    """Of the wheels in the lock: the seed."""
    store: str
    machine: str
    output: str


UMASKS: Final = (0o000, 0o022, 0o077)
ZONES: Final = ("Pacific/Kiritimati", "America/Anchorage", "UTC-13:37")
FOLDERS: Final = ("/", "a folder with spaces, é")
ORDERS: Final = (1, 2, 3)
STORES: Final = ("empty", "warm", "partly", "not to be written", "facts damaged", "wheels damaged")
MACHINES: Final = (
    "plain",
    "one processor, files in another order, 1970",
    "64 processors, files in another order, 2099",
)
OUTPUTS: Final = ("zip", "folder", "bytecode")

EVERY: Final = tuple(
    Combination(*values) for values in itertools.product(UMASKS, ZONES, FOLDERS, ORDERS, STORES, MACHINES, OUTPUTS)
)


def main() -> None:
    """Build once for each combination, and print the digests: of the zip, or of the folder's content."""
    logging.getLogger("lambda_wheels").addHandler(logging.NullHandler())
    with_locale = locale.setlocale(locale.LC_ALL, "")
    assert with_locale
    task = json.load(sys.stdin)
    work = Path(task["work"])
    work.mkdir()
    digests = [_build(Combination(*values), task, work, number) for number, values in enumerate(task["combinations"])]
    sys.stdout.write(json.dumps(digests))


def _build(combination: Combination, task: dict[str, Any], work: Path, number: int) -> str:
    """The digest of what one combination makes."""
    if sys.platform == "win32":
        raise NotImplementedError
    import lambda_wheels

    here = work / str(number)
    here.mkdir()
    cwd = here / combination.cwd
    cwd.mkdir(exist_ok=True)
    os.chdir(cwd)
    os.environ["TZ"] = combination.zone
    time.tzset()
    os.environ["LAMBDA_WHEELS_CACHE"] = str(_store(combination, Path(task["warm"]), here))
    lock = here / "pylock.toml"
    packages = list(task["packages"])
    random.Random(combination.order).shuffle(packages)
    lock.write_text('lock-version = "1.0"\ncreated-by = "tests"\n' + "".join(packages), encoding="utf-8")
    before = os.umask(combination.umask)
    try:
        with _machine(combination):
            layer = lambda_wheels.build_layer(
                lock,
                output=here / ("layer" if combination.output == "folder" else "layer.zip"),
                bytecode=task["interpreter"] if combination.output == "bytecode" else False,
                **task["options"],
            )
    finally:
        os.umask(before)
    os.chdir(work)
    shutil.rmtree(here)
    return layer.content_sha256 if layer.sha256 is None else layer.sha256


def _store(combination: Combination, warm: Path, here: Path) -> Path:
    """A store in the wanted state."""
    if combination.store == "empty":
        return here / "store"
    if combination.store == "warm":
        return warm
    store = here / "store"
    if combination.store == "not to be written":
        store.write_text("a file")
        return store / "below"
    shutil.copytree(warm, store)
    for path in sorted(store.rglob("*")):
        if path.is_file():
            os.utime(path, (combination.order, combination.order * 10**9))
    for wheel in sorted(store.rglob("*.whl"))[combination.order % 2 :: 2]:
        if combination.store == "partly":
            wheel.unlink()
        elif combination.store == "facts damaged":
            wheel.with_name(f"{wheel.name}.facts.json").write_bytes(b"{}")
        else:
            wheel.write_bytes(wheel.read_bytes()[:-1] + b"!")
    return store


@contextlib.contextmanager
def _machine(combination: Combination) -> Iterator[None]:
    """Another number of processors, order of the files in a folder, and time."""
    if combination.machine == "plain":
        yield
        return
    dice = random.Random(combination.order)
    listdir, iterdir = os.listdir, Path.iterdir

    def shuffled(found: list[Any]) -> list[Any]:
        dice.shuffle(found)
        return found

    def other_iterdir(folder: Path) -> Iterator[Path]:
        return iter(shuffled(list(iterdir(folder))))

    one = combination.machine.startswith("one")
    with (
        mock.patch.object(os, "cpu_count", return_value=1 if one else 64),
        mock.patch.object(os, "listdir", lambda *path: shuffled(listdir(*path))),
        mock.patch.object(Path, "iterdir", other_iterdir),
        mock.patch.object(time, "time", return_value=1.0 if one else 4.1e9),
    ):
        yield
