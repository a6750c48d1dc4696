"""Where else a layer runs."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from packaging.version import Version

from lambda_wheels.layers import compatibility
from lambda_wheels.resolution.closure import TopRequirement
from lambda_wheels.targets import ARCHITECTURES, RUNTIMES, Target
from lambda_wheels.wheels.native import Elf, Format, Native
from lambda_wheels.wheels.pyc import Pyc, PycKind
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


_OLD_GLIBC = Elf("x86_64", 64, True, needed=("libc.so.6",), versions=(("libc.so.6", "GLIBC_2.17"),))
_NEW_GLIBC = Elf("x86_64", 64, True, needed=("libc.so.6",), versions=(("libc.so.6", "GLIBC_2.28"),))


@pytest.mark.parametrize(
    ("tag", "elf", "target", "wanted"),
    [
        pytest.param(
            "py3-none-manylinux_2_17_x86_64",
            _OLD_GLIBC,
            ("python3.13", "x86_64"),
            (EVERY, ("x86_64",)),
            id="as the tag says",
        ),
        pytest.param(
            "py3-none-manylinux_2_17_x86_64",
            _NEW_GLIBC,
            ("python3.13", "x86_64"),
            (_from("python3.12"), ("x86_64",)),
            id="newer than the tag says",
        ),
        pytest.param(
            "py3-none-any",
            _OLD_GLIBC,
            ("python3.13", "x86_64"),
            (EVERY, ("x86_64",)),
            id="one machine, against the tag",
        ),
    ],
)
def test_machine_code(
    tmp_path: Path, tag: str, elf: Elf, target: tuple[str, str], wanted: tuple[tuple[str, ...], tuple[str, ...]]
) -> None:
    """A runtime counts only if its image has what the machine code needs, whatever the tags say."""
    wheel = hand_made(tmp_path, tag=tag, natives=[Native("demo/_native.abi3.so", Format.ELF, elf)]).wheel
    assert compatibility([wheel], Target(*target), waived=["native-in-any:demo"]) == wanted


def test_waived_elsewhere(tmp_path: Path) -> None:
    """What was allowed when it was built, such as a library that is missing everywhere, stands elsewhere as well."""
    elf = Elf("x86_64", 64, True, needed=("libodbc.so.2",))
    wheel = hand_made(
        tmp_path, tag="py3-none-manylinux_2_17_x86_64", natives=[Native("demo/_native.so", Format.ELF, elf)]
    ).wheel
    target = Target("python3.13", "x86_64")
    assert compatibility([wheel], target) == (("python3.13",), ("x86_64",))
    assert compatibility([wheel], target, waived=["missing-library:demo"]) == (EVERY, ("x86_64",))


def _needing(*libraries: str) -> Elf:
    return Elf("x86_64", 64, True, needed=libraries)


@pytest.mark.parametrize(
    ("rule", "natives", "runtime", "wanted"),
    [
        pytest.param(
            "missing-library",
            {"x.so": _needing("libodbc.so.2")},
            "python3.11",
            EVERY,
            id="one that is missing everywhere",
        ),
        pytest.param(
            "missing-library",
            {"x.so": _needing("libodbc.so.2", "libnsl.so.1")},
            "python3.11",
            _from("python3.9", "python3.11"),
            id="and one that only newer runtimes lack",
        ),
        pytest.param(
            "missing-library",
            {"x.so": _needing("libodbc.so.2", "libnsl.so.1")},
            "python3.12",
            EVERY,
            id="both stood",
        ),
        pytest.param(
            "missing-symbol-version",
            {"x.so": _needing("libc.so.6")._replace(versions=(("libc.so.6", "GLIBC_2.40"),))},
            "python3.11",
            EVERY,
            id="a version that no runtime has, whatever else they have",
        ),
        pytest.param(
            "extension-name",
            {"x.cpython-310-x86_64-linux-gnu.so": _needing()},
            "python3.13",
            EVERY,
            id="a module that other runtimes do not see either",
        ),
    ],
)
def test_waived_before(
    tmp_path: Path, rule: str, natives: dict[str, Elf], runtime: str, wanted: tuple[str, ...]
) -> None:
    """A finding that was allowed stands elsewhere only if it is the one that stood where the layer was built."""
    found = [Native(path, Format.ELF, elf) for path, elf in natives.items()]
    wheel = hand_made(tmp_path, tag="py3-none-manylinux_2_17_x86_64", natives=found).wheel
    assert compatibility([wheel], Target(runtime, "x86_64"), waived=[f"{rule}:demo"]) == (wanted, ("x86_64",))


@pytest.mark.parametrize(
    ("pyc", "waived", "wanted"),
    [
        pytest.param(Pyc("demo/core.pyc", 9, (3, 13)), [], ("python3.13",), id="no source"),
        pytest.param(
            Pyc("demo/__pycache__/a.cpython-313.pyc", 9, (3, 13), PycKind.UNCHECKED, "demo/a.py", False),
            ["bytecode-stale:demo"],
            EVERY,
            id="of another source, which was allowed",
        ),
        pytest.param(
            Pyc("demo/__pycache__/a.cpython-312.pyc", 9, (3, 12), PycKind.UNCHECKED, "demo/a.py", False),
            [],
            tuple(name for name in EVERY if name != "python3.12"),
            id="of another source, where it is looked at",
        ),
        pytest.param(
            Pyc("demo/core.pyc", 9, (3, 12)), ["bytecode-other-python:demo"], EVERY, id="allowed for 3.13, as elsewhere"
        ),
    ],
)
def test_bytecode(tmp_path: Path, pyc: Pyc, waived: list[str], wanted: tuple[str, ...]) -> None:
    """A runtime counts only if it can import what there is no source of, and runs what can be read."""
    wheel = hand_made(tmp_path, pycs=[pyc]).wheel
    assert compatibility([wheel], Target("python3.13", "arm64"), waived=waived) == (wanted, BOTH)


@pytest.mark.parametrize(
    ("requires", "asked", "wanted"),
    [
        pytest.param([], None, EVERY, id="nothing"),
        pytest.param(["b; extra == 'x'"], None, EVERY, id="an extra alone"),
        pytest.param(["b; python_version >= '3.9'"], None, EVERY, id="true everywhere"),
        pytest.param(["b; python_version >= '3.12'"], None, _from("python3.12"), id="needed from here on"),
        pytest.param(
            ["b", "c; python_version < '3.11'"], None, _from("python3.11"), id="others would need one that is not there"
        ),
        pytest.param(["b<1; python_version < '3.11'", "b"], None, _from("python3.11"), id="another version"),
        pytest.param(
            ["b"], [("a", "", (), ""), ("c", "", (), "python_version < '3.10'")], _from("python3.10"), id="asked"
        ),
        pytest.param(["b"], [("a", "", (), ""), ("b", "", (), "python_version >= '3.12'")], EVERY, id="needed anyway"),
    ],
)
def test_markers(
    tmp_path: Path, requires: list[str], asked: list[TopRequirement] | None, wanted: tuple[str, ...]
) -> None:
    """A runtime counts only if its markers ask for the same set of wheels, neither more nor fewer."""
    wheels = [hand_made(tmp_path, "a", requires=requires, extras=["x"]).wheel, hand_made(tmp_path, "b").wheel]
    assert compatibility(wheels, Target("python3.13", "arm64"), asked=asked) == (wanted, BOTH)


@pytest.mark.parametrize("variable", ["platform_machine", "platform.machine"])
def test_markers_for_the_machine(tmp_path: Path, variable: str) -> None:
    """What one machine needs besides keeps the layer from the other, also where the marker has an old name for it."""
    wheels = [
        hand_made(tmp_path, "a", requires=[f"b; {variable} == 'aarch64'"]).wheel,
        hand_made(tmp_path, "b").wheel,
    ]
    assert compatibility(wheels, Target("python3.13", "arm64")) == (EVERY, ("arm64",))


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
