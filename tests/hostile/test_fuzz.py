"""Wheels and layers changed at random: what is taken is what every reader sees, and what is refused is said so."""

from __future__ import annotations

import functools
import io
import warnings
import zipfile
from pathlib import Path
from random import Random

import pytest

from lambda_wheels.audit import audit_natives, audit_wheel, placed
from lambda_wheels.layers import View, lay_out, write_layer, write_zip
from lambda_wheels.looking import look
from lambda_wheels.problems import Problem
from lambda_wheels.progress import silent
from lambda_wheels.store import StoredWheel
from lambda_wheels.store.facts import decode, encode
from lambda_wheels.targets import Target
from lambda_wheels.wheels import Wheel, read_wheel
from lambda_wheels.wheels.content import content_of
from tests.conftest import Tried
from tests.hostile.archives import FILENAME, odd_archive, odd_contents, plain, seeds
from tests.hostile.fuzzing import fuzz
from tests.hostile.mutations import mutated

TARGETS = (Target("python3.13", "arm64"), Target("python3.12", "x86_64"))
SEEDS = seeds()
CHUNKS = [pytest.param(chunk, marks=[pytest.mark.long] if chunk else []) for chunk in range(8)]
"""In the long run there are eight, for several processes; else one."""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the wheel of each case is written."""
    return tmp_path / FILENAME


def test_the_seeds_are_sound(place: Path) -> None:
    """What the fuzzers change is right before, or they would try nothing."""
    for content in SEEDS:
        hold_wheel(content, place)
        place.write_bytes(content)
        assert [problem.rule for problem in read_wheel(place).problems] == []


@pytest.mark.hostile("Fuzz")
@pytest.mark.parametrize("chunk", CHUNKS)
def test_bytes_of_wheels(place: Path, chunk: int, at_length: bool, tried: Tried) -> None:
    """Bytes of a wheel changed, cut, doubled or moved: read, with the members that `zipfile` reads, or refused."""
    hold = functools.partial(hold_wheel, place=place)
    tried(
        fuzz(f"bytes-{chunk}", 5_000 if at_length else 150, lambda random: mutated(random, random.choice(SEEDS)), hold)
    )


@pytest.mark.hostile("Fuzz")
@pytest.mark.parametrize("chunk", CHUNKS)
def test_headers_of_wheels(place: Path, chunk: int, at_length: bool, tried: Tried) -> None:
    """Headers that lie, odd names, modes, extra fields, streams, places: read, as `zipfile` reads it, or refused."""
    hold = functools.partial(hold_wheel, place=place)
    tried(fuzz(f"headers-{chunk}", 4_000 if at_length else 100, odd_archive, hold))


@pytest.mark.hostile("Fuzz")
@pytest.mark.parametrize("chunk", CHUNKS)
def test_contents_of_wheels(place: Path, chunk: int, at_length: bool, tried: Tried) -> None:
    """Odd METADATA, WHEEL, RECORD, scripts, names and code in a sound archive: a layer with these bytes, or refused."""

    def hold(content: bytes) -> list[Problem]:
        wheel = hold_wheel(content, place)
        return hold_layer_of(wheel, place) if wheel else []

    tried(fuzz(f"contents-{chunk}", 2_000 if at_length else 80, odd_contents, hold))


@pytest.mark.hostile("Fuzz")
@pytest.mark.parametrize("chunk", CHUNKS)
def test_layers_of_others(tmp_path: Path, chunk: int, at_length: bool, tried: Tried) -> None:
    """Layer zips of others, bytes or headers changed at random: `check` says what is wrong with them, and ends."""
    layer = tmp_path / "layer.zip"
    prefixed = layer_seed(tmp_path)

    def make(random: Random) -> bytes:
        return mutated(random, prefixed) if random.random() < 0.5 else odd_archive(random)

    def hold(content: bytes) -> tuple[Problem, ...]:
        layer.write_bytes(content)
        return look(layer, TARGETS, silent).problems

    tried(fuzz(f"layers-{chunk}", 3_000 if at_length else 80, make, hold))


def layer_seed(folder: Path) -> bytes:
    """A layer of the plain wheel, as we write it."""
    path = folder / FILENAME
    path.write_bytes(plain())
    lay = lay_out([View(TARGETS[0], [StoredWheel(read_wheel(path), path)])], scripts=True)
    write_zip(lay, folder / "seed.zip")
    return (folder / "seed.zip").read_bytes()


def hold_wheel(content: bytes, place: Path) -> Wheel | None:
    """Read ``content`` as a wheel, and hold what is taken against what ``zipfile`` makes of it.

    :raises WheelError: it is refused.
    """
    place.write_bytes(content)
    wheel = read_wheel(place)
    for problem in wheel.problems:
        assert len(str(problem).splitlines()) == 1
    members = {member.name: content_of(place, member) for member in wheel.members}
    assert members == as_zipfile_reads(content)
    assert decode(encode(wheel)) == wheel
    return wheel


def as_zipfile_reads(content: bytes) -> dict[str, bytes]:
    """The files of an archive by name, as the standard library has them; two of one name are a failure."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            assert len({info.filename for info in infos}) == len(infos)
            return {info.filename: archive.read(info) for info in infos}


def hold_layer_of(wheel: Wheel, place: Path) -> list[Problem]:
    """Ask all rules about ``wheel``, and write a layer of it whose files are the wheel's."""
    problems = [
        *wheel.problems,
        *(problem for target in TARGETS for problem in audit_wheel(wheel, target)),
        *(problem for target in TARGETS for problem in audit_natives([*placed(wheel)], target)),
    ]
    contents = lay_out([View(TARGETS[0], [StoredWheel(wheel, place)])], scripts=True)
    output = place.with_name("layer.zip")
    layer = write_layer(contents, output, pip_command="pip")
    assert TARGETS[0].runtime in layer.compatible_runtimes
    written = as_zipfile_reads(output.read_bytes())
    assert sorted(written) == sorted(entry.path for entry in contents.entries)
    for member in wheel.members:
        path = f"python/{member.name}"
        if path in written and not path.endswith(".dist-info/RECORD"):
            assert written[path] == content_of(place, member)
    return [*problems, *contents.warnings, *look(output, TARGETS, silent).problems]
