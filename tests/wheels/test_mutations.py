"""Bytes of a wheel changed at random: a wheel or a WheelError, never anything else."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambda_wheels.errors import WheelError
from lambda_wheels.problems import Problem
from lambda_wheels.wheels import read_wheel
from tests.wheel_factory import make_wheel

FILENAME = "demo-1.0-py3-none-any.whl"


def _small_wheel() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = make_wheel(
            Path(folder),
            files={"demo/": "", "demo/__init__.py": "x = 1\n" * 20, "demo/data": bytes(range(256))},
            data={"data/a": "a"},
            stored={"demo/data"},
            entry_points="[console_scripts]\nx = demo:x\n",
            requires=["six"],
        )
        return path.read_bytes()


WHEEL = _small_wheel()

_PLACES = st.integers(0, len(WHEEL) - 1)
_MUTATIONS = st.lists(st.tuples(_PLACES, st.integers(0, 255)), min_size=1, max_size=4)


@pytest.mark.hostile("Fuzz")
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mutations=_MUTATIONS)
def test_changed_bytes(tmp_path: Path, mutations: list[tuple[int, int]]) -> None:
    """Whatever bytes are changed, the wheel is read or refused, in one line for each finding."""
    content = bytearray(WHEEL)
    for place, value in mutations:
        content[place] = value
    _read_or_refuse(tmp_path, bytes(content))


@pytest.mark.hostile("Fuzz")
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=_PLACES, removed=st.integers(0, 60), inserted=st.binary(max_size=40))
def test_pieces_taken_out_and_put_in(tmp_path: Path, start: int, removed: int, inserted: bytes) -> None:
    """A piece that is replaced by another is read or refused as well."""
    content = WHEEL[:start] + inserted + WHEEL[start + removed :]
    _read_or_refuse(tmp_path, content)


def _read_or_refuse(folder: Path, content: bytes) -> None:
    path = folder / FILENAME
    path.write_bytes(content)
    problems: tuple[Problem, ...]
    try:
        problems = read_wheel(path).problems
    except WheelError as error:
        problems = error.problems or pytest.fail("refused without a word")
    assert all(len(str(problem).splitlines()) == 1 for problem in problems)
