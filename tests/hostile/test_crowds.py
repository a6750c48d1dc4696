"""Crowds over one store: nothing is corrupt, nothing fetched twice, nobody waits for ever. (Starts processes, pip.)"""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import lambda_wheels
from lambda_wheels import Stage
from lambda_wheels.bytecode import find_interpreter
from lambda_wheels.store import LOCKS, Store
from tests.conftest import Tried
from tests.hostile.crowds import PATIENCE, Task, begun, build, fetch, lock, over_and_over, results
from tests.index_faults import Fault
from tests.index_server import IndexServer, Listing
from tests.loopback import TARGET, left_behind
from tests.wheel_factory import make_wheel

pytestmark = [
    pytest.mark.hostile("Crowds"),
    pytest.mark.pip,
    pytest.mark.process,
    pytest.mark.once,
    pytest.mark.usefixtures("uncovered"),
]

PROJECTS = 12
TOGETHER = 4
"""How many of them a layer asks for."""


class Alone(NamedTuple):
    """A layer that somebody built alone, and locks of the same."""

    asked: tuple[str, ...]
    lock: Path
    """Of wheels at the index."""
    here: Path
    """Of the same on this disk, so that no pip is needed."""
    digests: list[str | None]
    """Of its content, and of the zip."""


class Crowds:
    """Wheels that several layers share, and those layers, each built alone from a store that nobody else uses."""

    def __init__(self, index: IndexServer, out: Path, sets: int) -> None:
        self.index, self.out = index, out
        self.options: dict[str, Any] = {**TARGET, "retries": 0, "timeout": 60, "index_url": index.url}
        self.wheels = [
            make_wheel(
                index.folder,
                f"p{number}",
                files={f"p{number}/{name}.py": f"N = {number!r}  # {name}\n" * 500 for name in "abcd"},
                requires=[f"p{number + 1}"] if number % 4 == 0 else [],
            )
            for number in range(PROJECTS)
        ]
        self.alone = [self._alone(PROJECTS * number // sets) for number in range(sets)]
        index.requests.clear()

    def _alone(self, first: int) -> Alone:
        asked = {(first + number) % PROJECTS for number in range(TOGETHER)}
        needed = sorted(asked | {number + 1 for number in asked if number % 4 == 0})
        names = [self.wheels[number].name for number in needed]
        there, here = self.out / f"pylock.from{first}.toml", self.out / f"pylock.here{first}.toml"
        write_lock(there, self.index, names)
        write_lock(here, None, names, self.index.folder)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LAMBDA_WHEELS_CACHE", str(self.out / "store-of-one"))
            layer = lambda_wheels.build_layer(here, output=self.out / "alone.zip", **self.options)
        asked_by_name = tuple(f"p{number}" for number in asked)
        return Alone(asked_by_name, there, here, [layer.content_sha256, layer.sha256])

    def task(self, number: int, *, locked: bool, name: str = "") -> tuple[Task, list[str | None]]:
        """A layer that one of a crowd is to build, and its digests: a zip, or a folder if ``name`` is none of a zip."""
        alone = self.alone[number % len(self.alone)]
        output = self.out / (name or f"{number}.zip")
        digests = alone.digests if output.suffix == ".zip" else [alone.digests[0], None]
        return build([alone.lock] if locked else alone.asked, output, **self.options), digests

    def downloads(self) -> dict[str, int]:
        """How often the index has sent each wheel."""
        return {path.name: self.index.count(f"/files/{path.name}") for path in self.wheels}

    def once_each(self) -> dict[str, int]:
        """What :meth:`downloads` should be."""
        return {path.name: 1 for path in self.wheels}


def write_lock(path: Path, index: IndexServer | None, names: Sequence[str], folder: Path | None = None) -> None:
    """A lock of wheels by their file names, which are at ``index``, or in ``folder``."""
    lines = ['lock-version = "1.0"', 'created-by = "tests"']
    for name in names:
        source = (index.folder if index else folder or path.parent) / name
        digest = hashlib.sha256(source.read_bytes()).hexdigest()
        where = f'url = "{index.file_url(name)}"' if index else f"path = '{source}'"
        project, version, *_ = name.split("-")
        lines += ["[[packages]]", f'name = "{project}"', f'version = "{version}"', "[[packages.wheels]]"]
        lines += [where, f'hashes = {{sha256 = "{digest}"}}']
    path.write_text("\n".join(lines), encoding="utf-8")


@pytest.fixture
def crowds(index: IndexServer, out: Path, at_length: bool) -> Crowds:
    """Three layers that overlap, or, at length, six."""
    return Crowds(index, out, 6 if at_length else 3)


def run(tasks: Sequence[tuple[Task, list[str | None]]], *others: Task) -> None:
    """A process for each of ``tasks``; each makes what it makes alone. ``others`` go on meanwhile and find nothing."""
    with begun([*([task] for task, _ in tasks), *([other] for other in others)]) as crowd:
        made = results(crowd)
    assert [result for [result] in made[: len(tasks)]] == [digests for _, digests in tasks]
    for rounds in made[len(tasks) :]:
        assert rounds[0] > 0


def whole(crowds: Crowds, store: Path) -> None:
    """Nothing unfinished is left, every zip is one that somebody built alone, and the store verifies."""
    assert left_behind(crowds.out, store) == []
    digests = {alone.digests[1] for alone in crowds.alone}
    assert {hashlib.sha256(path.read_bytes()).hexdigest() for path in crowds.out.glob("*.zip")} <= digests
    assert list(Store(store).verify()) == []


def rounds(at_length: bool, store: Path, index: IndexServer, number: int = 3) -> Iterator[Path]:
    """Several empty stores at length, else this one."""
    for one in range(number if at_length else 1):
        path = store.with_name(f"{store.name}-{one}")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LAMBDA_WHEELS_CACHE", str(path))
            index.requests.clear()
            yield path


def test_one_download_each(crowds: Crowds, store: Path, at_length: bool, tried: Tried) -> None:
    """32 processes build overlapping layers over one empty store: right bytes, each wheel downloaded once."""
    number = 32 if at_length else 6
    for place in rounds(at_length, store, crowds.index):
        tasks = [
            # some to one output, a zip or a folder; half of them from locks
            crowds.task(one, locked=one % 2 == 1, name={4: "same.zip", 5: "same"}.get(one % 8, ""))
            if at_length
            else crowds.task(0 if one < 2 else one, locked=one > 1, name="same.zip" if one < 2 else f"{one}")
            for one in range(number)
        ]
        run(tasks)
        assert crowds.downloads() == crowds.once_each()
        whole(crowds, place)
        tried(number)


def test_without_metadata(crowds: Crowds, store: Path, at_length: bool, tried: Tried) -> None:
    """The same from an index without metadata (PEP 658), where pip downloads while it chooses: each wheel once."""
    crowds.index.listing = Listing(metadata=False)
    number = 32 if at_length else 6
    for place in rounds(at_length, store, crowds.index):
        run([crowds.task(one, locked=at_length and one % 4 == 3) for one in range(number)])
        assert crowds.downloads() == crowds.once_each()
        whole(crowds, place)
        tried(number)


def test_failed_download(crowds: Crowds, store: Path, at_length: bool, tried: Tried) -> None:
    """Without metadata, the download that all wait for fails for the first: it alone fails, the others go on."""
    crowds.index.listing = Listing(metadata=False)
    crowds.index.fail("/files/p1-*", Fault.status(404, times=1))
    number = 8 if at_length else 3
    tasks = [crowds.task(0, locked=False, name=f"{one}.zip") for one in range(number)]
    with begun([[task] for task, _ in tasks]) as crowd:
        said = [member.process.communicate(timeout=PATIENCE)[0] for member in crowd]
    answers = [json.loads(lines.splitlines()[-1])[1][0] for lines in said]
    assert sorted(bool(answer["error"]) for answer in answers) == [False] * (number - 1) + [True]
    assert [answer["result"] for answer in answers if not answer["error"]] == [tasks[0][1]] * (number - 1)
    assert crowds.index.count("/files/p1-*") == 1
    whole(crowds, store)
    tried(number)


def test_killed_downloader(crowds: Crowds, store: Path, at_length: bool, tried: Tried) -> None:
    """Without metadata, who downloads what all wait for is killed: another takes over, and all others end well."""
    crowds.index.listing = Listing(metadata=False)
    crowds.index.fail("/files/p1-*", Fault.silence(times=1))
    number = 8 if at_length else 2
    tasks = [crowds.task(0, locked=False, name=f"{one}.zip") for one in range(number)]
    with begun([[crowds.task(0, locked=False)[0]]]) as [holder]:
        while not crowds.index.matching("/files/p1-*"):
            assert holder.process.poll() is None
            time.sleep(0.05)
        with begun([[task] for task, _ in tasks]) as crowd:
            while crowds.index.count("/simple/p1/") < 1 + number:
                assert all(member.process.poll() is None for member in crowd)
                time.sleep(0.05)
            holder.process.kill()
            assert results(crowd) == [[digests] for _, digests in tasks]
    assert crowds.index.count("/files/p1-*") == 1
    Store(store).clear()  # sweeps what the dead has left
    assert left_behind(store) == []
    tried(1 + number)


@pytest.mark.long
def test_threads_and_processes(crowds: Crowds, store: Path, tried: Tried) -> None:
    """8 processes with 4 threads each build over one empty store: right bytes, each wheel downloaded once."""
    tasks = [[crowds.task(4 * one + part, locked=part > 0) for part in range(4)] for one in range(8)]
    with begun([[task for task, _ in own] for own in tasks]) as crowd:
        assert results(crowd) == [[digests for _, digests in own] for own in tasks]
    assert crowds.downloads() == crowds.once_each()
    whole(crowds, store)
    tried(32)


def test_more_wheels_than_locks(index: IndexServer, out: Path, store: Path, at_length: bool, tried: Tried) -> None:
    """Layers of more wheels than are locked at once, which overlap in some of them: each wheel is downloaded once."""
    total, shared = (LOCKS * 5 // 2, LOCKS) if at_length else (LOCKS + 16, LOCKS - 16)
    wheels = [make_wheel(index.folder, f"q{number}") for number in range(total)]
    names = sorted(path.name for path in wheels)
    first, second = names[: (total + shared) // 2], names[(total - shared) // 2 :]
    locks = [out / "pylock.first.toml", out / "pylock.second.toml"]
    for path, part in zip(locks, (first, second), strict=True):
        write_lock(path, index, part)
    with begun(
        [[build([path], out / f"{path.name}.zip", **TARGET)] for path in locks * (8 if at_length else 1)]
    ) as crowd:
        made = results(crowd)
    assert len({str(result) for result in made}) == 2
    assert {name: index.count(f"/files/{name}") for name in names} == dict.fromkeys(names, 1)
    tried(len(made))


def test_beside_clear_and_verify(crowds: Crowds, store: Path, at_length: bool, tried: Tried) -> None:
    """`cache clear`, `cache verify` and `cache info` over and over beside 16 builds: all end well, nothing is found."""
    number, pause = (16, 0.02) if at_length else (2, 0.2)
    for place in rounds(at_length, store, crowds.index, 2):
        tasks = [crowds.task(one, locked=one % 4 != 3, name="" if one % 3 else f"{one}") for one in range(number)]
        run(tasks, over_and_over("clear", pause), over_and_over("verify", pause), over_and_over("info", pause))
        whole(crowds, place)
        tried(number + 3)


@pytest.mark.long
def test_beside_verify(crowds: Crowds, store: Path, tried: Tried) -> None:
    """Four `cache verify` without a pause beside 16 builds: they find nothing, and no wheel is downloaded twice."""
    run([crowds.task(one, locked=one % 2 > 0) for one in range(16)], *[over_and_over("verify") for _ in range(4)])
    assert crowds.downloads() == crowds.once_each()
    whole(crowds, store)
    tried(20)


@pytest.mark.long
def test_killed_members(crowds: Crowds, store: Path, tried: Tried) -> None:
    """Of 24 processes every third is killed at some moment: the others end well, with no more downloads than deaths."""
    dice = random.Random(5)
    for place in rounds(True, store, crowds.index):
        tasks = [crowds.task(one, locked=one % 2 > 0) for one in range(24)]
        with begun([[task] for task, _ in tasks]) as crowd:
            for member in crowd[::3]:
                time.sleep(dice.uniform(0.0, 0.5))
                member.process.kill()
            living = [(member, task) for one, (member, task) in enumerate(zip(crowd, tasks, strict=True)) if one % 3]
            made = results([member for member, _ in living])
        assert [result for [result] in made] == [digests for _, (_, digests) in living]
        assert max(crowds.downloads().values()) <= 1 + len(crowd[::3])
        Store(place).clear()  # sweeps what the dead have left
        assert left_behind(place) == []
        tried(24)


@pytest.mark.long
def test_slow_index(crowds: Crowds, store: Path, tried: Tried) -> None:
    """16 processes over an index that sends a byte a millisecond wait for each other, and download each wheel once."""
    crowds.index.fail("/files/*.whl", Fault.drip(pause=0.001))
    run([crowds.task(one, locked=True) for one in range(16)])
    assert crowds.downloads() == crowds.once_each()
    whole(crowds, store)
    tried(16)


@pytest.mark.long
def test_bytecode(crowds: Crowds, store: Path, tried: Tried) -> None:
    """16 processes build with bytecode over one empty store, beside `cache clear`: the bytes of one alone."""
    options = {**crowds.options, "bytecode": _interpreter()}
    alone = [lambda_wheels.build_layer(one.lock, output=crowds.out / "compiled.zip", **options) for one in crowds.alone]
    Store(store).clear()
    tasks = [
        (
            build([crowds.alone[one % 6].lock], crowds.out / f"c{one}.zip", **options),
            [alone[one % 6].content_sha256, alone[one % 6].sha256],
        )
        for one in range(16)
    ]
    run(tasks, over_and_over("clear", 0.1), over_and_over("verify"))
    assert left_behind(crowds.out, store) == []
    assert list(Store(store).verify()) == []
    tried(18)


def test_one_lock_and_one_folder(crowds: Crowds, store: Path, at_length: bool, tried: Tried) -> None:
    """Processes that write one lock, and fetch into one folder, at once: both are as if one alone had made them."""
    number = 8 if at_length else 1
    alone, target, by_one = crowds.alone[0], crowds.out / "pylock.crowd.toml", crowds.out / "pylock.by-one.toml"
    lockers = [lock(alone.asked, target, **crowds.options) for _ in range(number)]
    fetchers = [fetch([alone.lock], crowds.out / "wheels", **crowds.options) for _ in range(2 * number)]
    with begun([[task] for task in (*lockers, *fetchers)]) as crowd:
        made = results(crowd)
    lambda_wheels.lock(alone.asked, output=by_one, **crowds.options)
    assert target.read_bytes() == by_one.read_bytes()
    folder = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (crowds.out / "wheels").iterdir()}
    assert [result for [result] in made[number:]] == [folder] * 2 * number
    assert {name: crowds.downloads()[name] for name in folder} == dict.fromkeys(folder, 1)
    whole(crowds, store)
    tried(3 * number)


@pytest.mark.parametrize("stage", [Stage.FETCH, Stage.VERIFY, Stage.COMPILE, Stage.WRITE])
@pytest.mark.parametrize("name", ["layer.zip", "layer"])
def test_cleared_at_every_step(stage: Stage, name: str, crowds: Crowds, store: Path) -> None:
    """The store is cleared each time that a build says how far it is: it is done again, to the same bytes."""
    alone, seen = crowds.alone[0], 0

    def clear(event: lambda_wheels.ProgressEvent) -> None:
        nonlocal seen
        if event.stage is stage:
            Store(store).clear()
            seen += 1

    bytecode = stage is Stage.COMPILE
    options = {**crowds.options, "bytecode": _interpreter() if bytecode else False}
    layer = lambda_wheels.build_layer(alone.here, output=crowds.out / name, progress=clear, **options)
    undisturbed = lambda_wheels.build_layer(alone.here, output=crowds.out / f"again-{name}", **options)
    assert seen > 0
    assert (layer.content_sha256, layer.warnings) == (undisturbed.content_sha256, ())
    assert bytecode or layer.content_sha256 == alone.digests[0]
    assert left_behind(crowds.out, store) == []


def _interpreter() -> str:
    """One that compiles for the target."""
    try:
        return find_interpreter((3, 13)).executable
    except lambda_wheels.LayerError:
        pytest.skip("no CPython 3.13 was found on this machine")


def test_fetched_while_cleared(crowds: Crowds, store: Path) -> None:
    """The store is cleared each time that `fetch` says how far it is: the wheels are there all the same."""

    def clear(event: lambda_wheels.ProgressEvent) -> None:
        Store(store).clear()

    alone, folder = crowds.alone[0], crowds.out / "wheels"
    lambda_wheels.fetch_wheels(alone.here, output=folder, **crowds.options)
    wheels = lambda_wheels.fetch_wheels(alone.here, output=folder, progress=clear, **crowds.options)
    assert {wheel.filename: wheel.sha256 for wheel in wheels} == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (crowds.out / "wheels").iterdir()
    }
    assert left_behind(crowds.out, store) == []
