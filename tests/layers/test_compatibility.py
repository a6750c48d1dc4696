"""Where else a layer runs."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from packaging.version import Version

from lambda_wheels.layers import compatibility
from lambda_wheels.targets import ARCHITECTURES, RUNTIMES, Target
from tests.layers.hand_made import hand_made

EVERY = tuple(RUNTIMES)
BOTH = tuple(ARCHITECTURES)


def _from(first: str, last: str = "python3.15") -> tuple[str, ...]:
    return EVERY[EVERY.index(first) : EVERY.index(last) + 1]


@pytest.mark.parametrize(
    ("wheels", "target", "wanted"),
    [
        pytest.param([("py3-none-any", "")], ("python3.13", "arm64"), (EVERY, BOTH), id="pure"),
        pytest.param([], ("python3.13", "arm64"), (EVERY, BOTH), id="no wheel"),
        pytest.param(
            [("py3-none-any", ">=3.12")], ("python3.13", "arm64"), (_from("python3.12"), BOTH), id="Requires-Python"
        ),
        pytest.param(
            [("py3-none-any", ">=3.10"), ("py2.py3-none-any", "<3.13")],
            ("python3.11", "arm64"),
            (_from("python3.10", "python3.12"), BOTH),
            id="two of them",
        ),
        pytest.param(
            [("cp313-cp313-manylinux_2_28_aarch64", "")],
            ("python3.13", "arm64"),
            (("python3.13",), ("arm64",)),
            id="ABI",
        ),
        pytest.param(
            [("cp310-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64", "")],
            ("python3.12", "x86_64"),
            (_from("python3.10"), ("x86_64",)),
            id="abi3",
        ),
        pytest.param(
            [("py3-none-manylinux_2_28_x86_64", "")],
            ("python3.13", "x86_64"),
            (_from("python3.12"), ("x86_64",)),
            id="glibc of Amazon Linux 2023",
        ),
        pytest.param(
            [("py3-none-manylinux_2_17_x86_64.manylinux_2_28_aarch64", "")],
            ("python3.13", "arm64"),
            (_from("python3.12"), BOTH),
            id="more pairs with both architectures",
        ),
        pytest.param(
            [("py3-none-manylinux_2_17_x86_64.manylinux_2_35_aarch64", "")],
            ("python3.13", "x86_64"),
            (EVERY, ("x86_64",)),
            id="more pairs with one architecture",
        ),
        pytest.param(
            [("py3-none-win_amd64", "")],
            ("python3.13", "arm64"),
            (("python3.13",), ("arm64",)),
            id="not its own target",
        ),
    ],
)
def test_compatibility(
    tmp_path: Path,
    wheels: list[tuple[str, str]],
    target: tuple[str, str],
    wanted: tuple[tuple[str, ...], tuple[str, ...]],
) -> None:
    """The two lists are as large as can be while each pair of them holds, and have the target."""
    made = [
        hand_made(tmp_path, f"w{number}", tag=tag, requires_python=python).wheel
        for number, (tag, python) in enumerate(wheels)
    ]
    assert compatibility(made, Target(*target)) == wanted


def test_no_tags_for_pure_wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no wheel asks for more than Python 3 no target lists its tags, which takes longer than all the rest."""

    def fail(target: Target) -> None:
        pytest.fail(f"the tags of {target} are not needed")

    wheels = [hand_made(tmp_path, "a").wheel, hand_made(tmp_path, "b", tag="py2.py3-none-any").wheel]
    monkeypatch.setattr(Target, "tags", property(fail))
    assert compatibility(wheels, Target("python3.13", "arm64")) == (EVERY, BOTH)


@pytest.mark.parametrize("target", list(product(RUNTIMES, ARCHITECTURES)), ids="-".join)
def test_every_pair_holds(tmp_path: Path, target: tuple[str, str]) -> None:
    """Whatever the target, each pair of the two lists is one on which all wheels run."""
    wheels = [
        hand_made(tmp_path, "a", tag="py3-none-manylinux_2_17_x86_64.manylinux_2_28_aarch64").wheel,
        hand_made(tmp_path, "b", requires_python="!=3.14.*").wheel,
    ]
    runtimes, architectures = compatibility(wheels, Target(*target))
    assert target[0] in runtimes and target[1] in architectures
    if len(runtimes) * len(architectures) > 1:
        for runtime, architecture in product(runtimes, architectures):
            one = Target(runtime, architecture)
            assert all(wheel.tags & set(one.tags) for wheel in wheels)
            assert all(wheel.requires_python.contains(Version(one.python)) for wheel in wheels)
