"""The markers of a lock are true for the targets that they are for, and for no other. (Pure.)"""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain, combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker

from lambda_wheels.resolution.lock_markers import environment_marker, marker_for
from lambda_wheels.targets import ARCHITECTURES, RUNTIMES, Target

EVERY = [Target(*pair) for pair in product(RUNTIMES, ARCHITECTURES)]
GRID = [Target(*pair) for pair in product(["python3.9", "python3.11", "python3.13"], ["arm64", "x86_64"])]
CORNER = [target for target in GRID if target != GRID[0]]
"""A grid that lacks a corner: not every Python is there with every architecture."""

ARM, INTEL = Target("python3.13", "arm64"), Target("python3.13", "x86_64")
OLD_ARM, OLD_INTEL = Target("python3.11", "arm64"), Target("python3.11", "x86_64")


def true_for(marker: Marker | None, among: Collection[Target]) -> set[Target]:
    """The targets for which ``marker`` is true, as ``packaging`` evaluates it."""
    return {
        target for target in among if marker is None or marker.evaluate(target.marker_environment, context="lock_file")
    }


@pytest.mark.parametrize("among", [pytest.param(GRID, id="grid"), pytest.param(CORNER, id="without a corner")])
def test_every_subset(among: list[Target]) -> None:
    """Whatever targets an entry is for, its marker is true for exactly these, whatever their order."""
    subsets = chain.from_iterable(combinations(among, count) for count in range(1, len(among) + 1))
    for some in subsets:
        marker = marker_for(some, among)
        assert true_for(marker, among) == set(some), marker
        assert marker_for(some[::-1], among[::-1]) == marker


@given(data=st.data(), among=st.lists(st.sampled_from(EVERY), unique=True, min_size=1))
def test_any_targets(data: st.DataObject, among: list[Target]) -> None:
    """The same among any of Lambda's targets, those that no lock has so far included."""
    some = data.draw(st.lists(st.sampled_from(among), unique=True, min_size=1))
    assert true_for(marker_for(some, among), among) == set(some)


@pytest.mark.parametrize(
    ("some", "among", "text"),
    [
        pytest.param([ARM], [ARM], None, id="the only one"),
        pytest.param([ARM, OLD_ARM], [ARM, OLD_ARM], None, id="all"),
        pytest.param([ARM], [ARM, INTEL], 'platform_machine == "aarch64"', id="one machine"),
        pytest.param([OLD_INTEL], [INTEL, OLD_INTEL], 'python_version == "3.11"', id="one Python"),
        pytest.param([ARM, INTEL], [ARM, INTEL, OLD_ARM, OLD_INTEL], 'python_version == "3.13"', id="a whole row"),
        pytest.param([ARM, OLD_ARM], [ARM, INTEL, OLD_ARM, OLD_INTEL], 'platform_machine == "aarch64"', id="a column"),
        pytest.param(
            [OLD_ARM, ARM],
            [ARM, OLD_ARM, Target("python3.14", "arm64")],
            'python_version == "3.11" or python_version == "3.13"',
            id="two Pythons",
        ),
        pytest.param(
            [ARM, OLD_INTEL],
            [ARM, INTEL, OLD_ARM, OLD_INTEL],
            '(python_version == "3.11" and platform_machine == "x86_64")'
            ' or (python_version == "3.13" and platform_machine == "aarch64")',
            id="a diagonal",
        ),
    ],
)
def test_no_more_than_has_to_be(some: list[Target], among: list[Target], text: str | None) -> None:
    """A marker compares only what tells the targets apart, and there is none where nothing has to be."""
    marker = marker_for(some, among)
    assert marker == (None if text is None else Marker(text))


def test_environments() -> None:
    """The environment of a target is true in it alone, of all that Lambda has."""
    for target in EVERY:
        assert true_for(environment_marker(target), EVERY) == {target}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"sys_platform": "darwin", "platform_system": "Darwin"}, id="macOS"),
        pytest.param({"implementation_name": "pypy", "platform_python_implementation": "PyPy"}, id="PyPy"),
        pytest.param({"python_version": "3.12", "python_full_version": "3.12.1"}, id="Python"),
        pytest.param({"platform_machine": "arm64"}, id="machine"),
    ],
)
def test_elsewhere(other: dict[str, str]) -> None:
    """An installer on another system, implementation, Python or machine does not take the lock for its own."""
    assert not environment_marker(ARM).evaluate(ARM.marker_environment | other)
