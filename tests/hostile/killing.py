"""What the tests of killed processes share: a process, a scene, and what must hold afterwards. (Starts processes.)"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

import pytest

from lambda_wheels.layers import check_output
from lambda_wheels.layers.staging import STAGING_PREFIX
from lambda_wheels.store import Store
from tests.loopback import left_behind, snapshot
from tests.wheel_factory import make_wheel

KILLED: Final = -9
HERE: Final = f"python3.{sys.version_info.minor}"
"""The runtime whose Python runs the tests, so that there is a compiler for it."""

_OF_THIS_MACHINE: Final = re.compile("COVERAGE_PROCESS|PIP_|AWS_|NETRC$|.*_proxy$", re.IGNORECASE)
"""Names of variables that would play a part."""

Tree = dict[str, tuple[int, bytes]]


@dataclass(frozen=True, kw_only=True)
class At:
    """When a round is killed, unless it ends before."""

    change: int | None = None
    """Before the change that has this number among those that it makes."""
    seconds: float | None = None
    """After these."""
    group: bool = False
    """Together with its children."""


NEVER: Final = At()


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a round ended."""

    code: int
    seconds: float
    changes: int | None
    """How many it made; None where it was killed."""
    words: str


class Rounds:
    """The process that forks, open within ``with``."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.hostile.rounds"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
            env={name: value for name, value in os.environ.items() if not _OF_THIS_MACHINE.match(name)},
        )
        return self

    def __exit__(self, *_: object) -> None:
        with self._process as process:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(60)

    def do(self, scene: Scene, arguments: Sequence[str], at: At = NEVER) -> Ended:
        """A round."""
        self.begin(scene, arguments, at)
        return self.end(scene)

    def begin(self, scene: Scene, arguments: Sequence[str], at: At = NEVER) -> None:
        """As :meth:`do`, but it is waited for by :meth:`end`."""
        wanted = {
            "arguments": [*map(str, arguments)],
            "environment": scene.environment,
            "words": str(scene.words),
            **asdict(at),
        }
        assert self._process.stdin is not None
        scene.words.with_suffix(".process").unlink(missing_ok=True)
        self._process.stdin.write(json.dumps(wanted) + "\n")
        self._process.stdin.flush()

    def kill(self, scene: Scene) -> None:
        """Kill what was begun, it alone."""
        os.kill(int(scene.words.with_suffix(".process").read_text()), -KILLED)

    def end(self, scene: Scene) -> Ended:
        """Wait for what was begun."""
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return Ended(words=scene.words.read_text(encoding="utf-8", errors="replace"), **answer)


class Scene:
    """A folder for outputs, a store, a folder for temporary files, two locks and their wheels."""

    def __init__(self, folder: Path, *, store: Path | None = None) -> None:
        self.folder = folder
        self.out, self.store, self.temporary = folder / "out", store or folder / "store", folder / "tmp"
        self.words = folder / "words.txt"
        self.index_url = ""
        self._before = folder / "before"
        for path in (self.out, self.temporary, self._before, folder / "wheels"):
            path.mkdir(parents=True)
        self.environment = {
            "LAMBDA_WHEELS_CACHE": str(self.store),
            "TMPDIR": str(self.temporary),
            "HOME": str(folder),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_CACHE_DIR": str(folder / "pip"),
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        large = random.Random(1).randbytes(300_000)
        files: dict[str, bytes | str] = {f"demo/m{number}.py": f"x = {number}\n" * 50 for number in range(4)}
        old = make_wheel(folder / "wheels", "demo", "1.0", files=files, data={"scripts/demo": "#!python\n"})
        new = make_wheel(folder / "wheels", "demo", "2.0", files={**files, "demo/large": large})
        helper = make_wheel(folder / "wheels", "helper", "1.0")
        self.old = self._lock("pylock.old.toml", {"demo": old})
        """Its layer has a folder that the one of ``new`` lacks."""
        self.new = self._lock("pylock.new.toml", {"demo": new, "helper": helper})

    def _lock(self, name: str, wheels: dict[str, Path]) -> Path:
        lines = ['lock-version = "1.0"', 'created-by = "tests"']
        for project, wheel in wheels.items():
            digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
            version = wheel.name.split("-")[1]
            place = f'path = "wheels/{wheel.name}", hashes = {{sha256 = "{digest}"}}'
            lines += ["[[packages]]", f'name = "{project}"', f'version = "{version}"', f"wheels = [{{{place}}}]"]
        path = self.folder / name
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")
        return path

    def build(self, lock: Path, output: str, *more: str) -> list[str]:
        """The arguments of a build from a lock."""
        target = [f"--runtime={HERE}", "--architecture=x86_64", "--scripts"]
        return ["build", "-r", str(lock), *target, "-o", str(self.out / output), *more]

    def chosen(self, verb: str, version: str, output: str) -> list[str]:
        """The arguments of a ``verb`` for which pip chooses, from the index."""
        target = [f"--runtime={HERE}", "--architecture=x86_64", f"--index-url={self.index_url}", "--timeout=100"]
        return [verb, f"demo=={version}", "helper", *target, "-o", str(self.out / output)]

    def keep(self) -> None:
        """Let what the outputs are now be what :meth:`reset` brings back."""
        shutil.rmtree(self._before)
        shutil.copytree(self.out, self._before)

    def reset(self, *, store: bool) -> None:
        """Bring the outputs back, and empty the store if that is wanted."""
        shutil.rmtree(self.out)
        shutil.copytree(self._before, self.out)
        if store:
            shutil.rmtree(self.store, ignore_errors=True)

    def outputs(self) -> Tree:
        """What there is where outputs are, but for what is not complete."""
        return {path: file for path, file in snapshot(self.out).items() if STAGING_PREFIX not in path}

    def check_store(self) -> None:
        """Hold that nothing in the store is damaged."""
        assert list(Store(self.store).verify()) == []

    def check_outputs(self, *allowed: Tree) -> None:
        """Hold that they are one of ``allowed``.

        A folder that is filled in place is renamed into in some steps. Between them it has no manifest, all that was
        there is aside, and the next build that looks at it, whatever becomes of that, brings it back.
        """
        if self.outputs() in allowed:
            return
        if (self.out / "wheels").exists():  # each of these by itself
            assert self.outputs().items() <= allowed[-1].items()
            return
        folder = self.out / "layer"
        assert not list(folder.glob("lambda-wheels/*"))
        kept = {path.rpartition(".leaving/")[2].rpartition(".left/")[2] for path in snapshot(folder)}
        assert {path.removeprefix("layer/") for path in allowed[0]} <= kept
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LAMBDA_WHEELS_CACHE", str(self.store))
            check_output(folder)
        assert self.outputs() in allowed

    def check_clean(self) -> None:
        """Hold that nothing is left over, neither files nor, some moments later, processes."""
        assert left_behind(self.out, self.store, self.temporary) == []
        # Python itself tries whether it can write there, with a file of this content (tempfile.gettempdir).
        assert [path for path in self.temporary.iterdir() if path.read_bytes() not in {b"", b"blat"}] == []
        end = time.monotonic() + 20
        while processes := list(self._living()):
            assert time.monotonic() < end, processes
            time.sleep(0.05)

    def _living(self) -> Iterator[str]:
        mark = os.fsencode(self.folder)
        for place in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (place / "environ").read_bytes():
                    yield (place / "cmdline").read_text()
            except OSError:
                continue


@pytest.fixture(scope="module")
def rounds() -> Iterator[Rounds]:
    """A process that forks one for each round."""
    with Rounds() as process:
        yield process


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A store, outputs, locks."""
    return Scene(tmp_path)


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    """The same in each run of a test."""
    return random.Random(request.node.name)


def moments(last: int, *, all_of_them: bool, sample: int = 2) -> Iterable[int]:
    """Each from the first to the last, or some."""
    every = range(1, last + 1)
    return every if all_of_them else sorted(random.Random(last).sample(every, min(sample, last)))


def within_a_minute(seen: Callable[[], object]) -> None:
    """Wait until ``seen``."""
    end = time.monotonic() + 60
    while not seen():
        assert time.monotonic() < end
        time.sleep(0.01)
