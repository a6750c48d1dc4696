"""``kill -9`` at each moment, and at random ones, of all that writes. (Starts processes and pip; loopback.)"""

from __future__ import annotations

import random
import shutil
import sys
from collections.abc import Callable
from typing import Any

import pytest

from lambda_wheels.store import Store
from tests.conftest import Tried
from tests.hostile.killing import KILLED, NEVER, At, Ended, Rounds, Scene, moments, within_a_minute
from tests.index_server import Fault, IndexServer

pytestmark = [
    pytest.mark.hostile("Pulled plugs"),
    pytest.mark.process,
    pytest.mark.once,
    pytest.mark.skipif(sys.platform != "linux", reason="forks, and looks into /proc"),
]

Arguments = list[str]
Kind = Callable[[Scene], tuple[Arguments | None, Arguments]]
"""What is done before, and what is killed."""

OUTPUTS: dict[str, Kind] = {
    "zip over another": lambda scene: (scene.build(scene.old, "layer.zip"), scene.build(scene.new, "layer.zip")),
    "folder over another": lambda scene: (scene.build(scene.old, "layer"), scene.build(scene.new, "layer")),
    "new zip": lambda scene: (None, scene.build(scene.new, "layer.zip")),
    "new folder": lambda scene: (None, scene.build(scene.new, "layer")),
    "folder over a smaller one": lambda scene: (scene.build(scene.new, "layer"), scene.build(scene.old, "layer")),
    "zip with bytecode": lambda scene: (
        scene.build(scene.old, "layer.zip"),
        scene.build(scene.new, "layer.zip", f"--bytecode-python={sys.executable}"),
    ),
    "fetch": lambda scene: (None, ["fetch", *scene.build(scene.new, "wheels")[1:5], "-o", str(scene.out / "wheels")]),
}
CHOSEN: dict[str, Kind] = {
    "zip": lambda scene: (scene.chosen("build", "1.0", "layer.zip"), scene.chosen("build", "2.0", "layer.zip")),
    "folder": lambda scene: (scene.chosen("build", "1.0", "layer"), scene.chosen("build", "2.0", "layer")),
    "lock": lambda scene: (scene.chosen("lock", "1.0", "pylock.toml"), scene.chosen("lock", "2.0", "pylock.toml")),
}
LATE = pytest.mark.long


def sampled(*names: str) -> list[Any]:
    """All kinds of outputs, those but ``names`` for the long run only."""
    return [pytest.param(kind, id=name, marks=() if name in names else LATE) for name, kind in OUTPUTS.items()]


class Trial:
    """One kind of work in a scene, tried undisturbed first: then what must come of it is known."""

    def __init__(self, rounds: Rounds, scene: Scene, kind: Kind, *, empty: bool) -> None:
        self.rounds, self.scene, self.empty = rounds, scene, empty
        before, self.arguments = kind(scene)
        if before is not None:
            assert rounds.do(scene, before).code == 0
        scene.keep()
        self.old = scene.outputs()
        self.undisturbed = rounds.do(scene, self.arguments)
        assert self.undisturbed.code == 0, self.undisturbed.words
        self.new = scene.outputs()
        assert self.old != self.new
        if not empty:  # the wheels are there now
            scene.reset(store=False)
            self.undisturbed = rounds.do(scene, self.arguments)

    def kill(self, at: At) -> None:
        """A round, and what must hold after it."""
        scene = self.scene
        scene.reset(store=self.empty)
        ended = self.rounds.do(scene, self.arguments, at)
        assert ended.code in {0, KILLED}, ended.words
        self.check()

    def check(self) -> None:
        """What must hold after a round, and after the next run."""
        scene = self.scene
        scene.check_outputs(self.old, self.new)
        scene.check_store()
        again = self.rounds.do(scene, self.arguments)
        assert again.code == 0, again.words
        assert scene.outputs() == self.new
        scene.check_clean()


@pytest.mark.parametrize("empty", [True, False], ids=["empty store", "full store"])
@pytest.mark.parametrize("kind", sampled("zip over another", "folder over another"))
def test_each_moment(kind: Kind, empty: bool, rounds: Rounds, scene: Scene, tried: Tried, at_length: bool) -> None:
    """Killed before each change of the file system in turn, a build or fetch from a lock leaves the store whole and the
    output as it was or as it is to be; the next run goes well, and nothing stays beside the output.
    """
    trial = Trial(rounds, scene, kind, empty=empty)
    assert trial.undisturbed.changes is not None
    for change in moments(trial.undisturbed.changes, all_of_them=at_length):
        trial.kill(At(change=change))
        tried(1)


@pytest.mark.parametrize("empty", [True, False], ids=["empty store", "full store"])
@pytest.mark.parametrize("kind", sampled("folder over another"))
def test_any_moment(
    kind: Kind, empty: bool, rounds: Rounds, scene: Scene, tried: Tried, at_length: bool, dice: random.Random
) -> None:
    """Killed after a random time, within a write too, a build or fetch from a lock leaves the store whole and the
    output as it was or as it is to be; the next run goes well, and nothing stays beside the output.
    """
    trial = Trial(rounds, scene, kind, empty=empty)
    for number in range(12 if at_length else 1):
        trial.kill(At(group=number % 2 == 0, seconds=dice.uniform(0.0, trial.undisturbed.seconds)))
        tried(1)


@pytest.mark.long
@pytest.mark.pip
@pytest.mark.parametrize("group", [False, True], ids=["alone", "with pip"])
@pytest.mark.parametrize("kind", CHOSEN.values(), ids=CHOSEN)
def test_any_moment_with_pip(
    kind: Kind, group: bool, rounds: Rounds, scene: Scene, tried: Tried, dice: random.Random
) -> None:
    """Killed after a random time, alone or with its pip, a build or lock from an index leaves the store whole and the
    output as it was or as it is to be; the next run goes well, and neither files nor processes stay.
    """
    with IndexServer(scene.folder / "wheels") as index:
        scene.index_url = index.url
        trial = Trial(rounds, scene, kind, empty=True)
        for _ in range(12):
            trial.kill(At(group=group, seconds=dice.uniform(0.0, trial.undisturbed.seconds)))
            tried(1)


@pytest.mark.pip
@pytest.mark.parametrize(
    "silent", [pytest.param("/simple/*", id="choosing", marks=LATE), pytest.param("/files/*.whl", id="fetching")]
)
def test_pip_ends_with_us(silent: str, rounds: Rounds, scene: Scene) -> None:
    """Where we are killed and pip is not, it ends at once, though it waits for a silent index."""
    with IndexServer(scene.folder / "wheels") as index:
        scene.index_url = index.url
        index.fail(silent, Fault.silence())
        rounds.begin(scene, scene.chosen("build", "2.0", "layer.zip"))
        within_a_minute(lambda: index.matching(silent))
        rounds.kill(scene)
        assert rounds.end(scene).code == KILLED
        scene.check_store()
        scene.check_clean()


CARE = {"clear": {0}, "verify": {0, 1}, "info": {0}}
"""What looks after the store, and how it ends."""


@pytest.mark.parametrize("verb", ["clear", "verify", pytest.param("info", marks=LATE)])
def test_care(verb: str, rounds: Rounds, scene: Scene, tried: Tried, at_length: bool) -> None:
    """Killed before each change in turn, `cache clear`, `verify` of a damaged store and `info` leave a store in which
    all that is there is whole, and from which the next build is made.
    """
    build = scene.build(scene.new, "layer.zip")
    for arguments in (scene.build(scene.old, "layer.zip"), build):
        assert rounds.do(scene, arguments).code == 0
    layer = scene.outputs()
    full = scene.folder / "full"
    scene.store.rename(full)
    wheel = next(full.rglob("demo-2.0*.whl"))
    wheel.write_bytes(wheel.read_bytes()[:-1])

    def again(at: At = NEVER) -> Ended:
        shutil.rmtree(scene.store, ignore_errors=True)
        shutil.copytree(full, scene.store)
        ended = rounds.do(scene, ["cache", verb], at)
        assert ended.code in {*CARE[verb], KILLED}, ended.words
        return ended

    last = again().changes
    assert last is not None
    for change in moments(last, all_of_them=at_length):
        again(At(change=change))
        assert {problem.wheel for problem in Store(scene.store).verify()} <= {wheel.name}
        scene.check_store()
        assert rounds.do(scene, build).code == 0
        assert scene.outputs() == layer
        scene.check_clean()
        tried(1)


@pytest.mark.long
@pytest.mark.parametrize("killed", ["build", "clear", "verify"])
def test_beside_each_other(killed: str, rounds: Rounds, scene: Scene, tried: Tried, dice: random.Random) -> None:
    """Where one of two at work in a store is killed after a random time, a build or what clears or verifies the store,
    the other ends well.
    """
    trial = Trial(rounds, scene, OUTPUTS["folder over another"], empty=True)
    care = ["cache", "verify" if killed == "verify" else "clear"]
    with Rounds() as others:
        other = Scene(scene.folder / "other", store=scene.store)
        for _ in range(20):
            scene.reset(store=True)
            at = At(seconds=dice.uniform(0.0, trial.undisturbed.seconds))
            others.begin(other, care, NEVER if killed == "build" else at)
            ended = rounds.do(scene, trial.arguments, at if killed == "build" else NEVER)
            care_ended = others.end(other)
            assert ended.code == 0 or killed == "build", ended.words
            assert care_ended.code == 0 or killed != "build", care_ended.words
            trial.check()
            tried(1)
