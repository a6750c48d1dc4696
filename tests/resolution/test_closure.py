"""The walk over Requires-Dist, held against sets that are right, and against every way to be wrong. (Pure.)"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from lambda_wheels.resolution.closure import Chosen, closure
from lambda_wheels.targets import Target

ENVIRONMENT = Target("python3.13", "arm64").marker_environment


def wheel(*requires: str, version: str = "1.0", extras: Iterable[str] = ()) -> Chosen:
    """What was chosen of a project."""
    known = frozenset(canonicalize_name(extra) for extra in extras)
    return Chosen(version=Version(version), requires_dist=requires, provides_extra=known)


def differences(top: Iterable[str], chosen: Mapping[str, Chosen]) -> list[tuple[str | None, str]]:
    """Project and message of each difference; ``top`` is written as PEP 508."""
    from packaging.requirements import Requirement

    parsed = [Requirement(text) for text in top]
    rows = [(one.name, str(one.specifier), sorted(one.extras), str(one.marker or "")) for one in parsed]
    named: dict[NormalizedName, Chosen] = {canonicalize_name(name): wheel for name, wheel in chosen.items()}
    problems = closure(rows, named, ENVIRONMENT)
    assert {problem.rule for problem in problems} <= {"wrong-closure"}
    return [(problem.project, problem.message) for problem in problems]


RIGHT: dict[str, tuple[list[str], dict[str, Chosen]]] = {
    "nothing": ([], {}),
    "one": (["demo"], {"demo": wheel()}),
    "chain": (["a"], {"a": wheel("b"), "b": wheel("c>=1"), "c": wheel()}),
    "diamond": (["a", "b"], {"a": wheel("c"), "b": wheel("c<2"), "c": wheel()}),
    "cycle": (["a"], {"a": wheel("b"), "b": wheel("a")}),
    "requires itself": (["a"], {"a": wheel("a>=1")}),
    "extra": (["a[x]"], {"a": wheel('b; extra == "x"', extras=["x"]), "b": wheel()}),
    "extra not asked for": (["a"], {"a": wheel('b; extra == "x"', extras=["x"])}),
    "extra asked for by a dependency": (
        ["t"],
        {"t": wheel("a[x]"), "a": wheel('b; extra == "x"', extras=["x"]), "b": wheel()},
    ),
    "extra of an extra": (
        ["a[all]"],
        {
            "a": wheel('demo[fast]; extra == "all"', extras=["all"]),
            "demo": wheel('c; extra == "fast"', extras=["fast"]),
            "c": wheel(),
        },
    ),
    "self-reference": (
        ["demo[all]"],
        {"demo": wheel('demo[a]; extra == "all"', 'b; extra == "a"', extras=["a", "all"]), "b": wheel()},
    ),
    "extra and later none": (
        ["a[x]", "a"],
        {"a": wheel("c", 'b; extra == "x"', extras=["x"]), "b": wheel(), "c": wheel()},
    ),
    "two extras": (
        ["a[x]", "t"],
        {
            "a": wheel('b; extra == "x"', 'c; extra == "y"', extras=["x", "y"]),
            "t": wheel("a[y]"),
            "b": wheel(),
            "c": wheel(),
        },
    ),
    "extra that is not declared": (["a[x]"], {"a": wheel('b; extra == "x"')}),
    "extra in another spelling": (
        ["a[Fast_IO]"],
        {"a": wheel('b; extra == "fast-io"', extras=["fast.io"]), "b": wheel()},
    ),
    "marker on the extra in another spelling": (
        ["a[fast-io]"],
        {"a": wheel('b; extra == "Fast_IO"', extras=["Fast_IO"]), "b": wheel()},
    ),
    "extra and machine": (
        ["a[x]"],
        {"a": wheel('b; extra == "x" and platform_machine == "x86_64"', extras=["x"])},
    ),
    "extra or machine": (
        ["a"],
        {"a": wheel('b; extra == "x" or platform_machine == "aarch64"', extras=["x"]), "b": wheel()},
    ),
    "without the extra": (
        ["a"],
        {"a": wheel('b; extra != "x"', extras=["x"]), "b": wheel()},
    ),
    "machine of the target": (
        ["a"],
        {"a": wheel('b; platform_machine == "aarch64"', 'c; platform_machine == "x86_64"'), "b": wheel()},
    ),
    "Python of the target": (
        ["a"],
        {"a": wheel('b; python_version >= "3.13"', 'c; python_version < "3.13"'), "b": wheel()},
    ),
    "patch level": (["a"], {"a": wheel('b; python_full_version >= "3.13.0"'), "b": wheel()}),
    "system": (["a"], {"a": wheel('b; sys_platform == "linux"', 'c; sys_platform == "win32"'), "b": wheel()}),
    "top marker that does not hold": (["a", 'b; python_version < "3"'], {"a": wheel()}),
    "names in another spelling": (["De.Mo_x"], {"de-mo-x": wheel("Other_ONE"), "other-one": wheel()}),
    "pre-release": (["a>=1"], {"a": wheel("b", version="2.0rc1"), "b": wheel(version="1.0.dev3")}),
    "local version": (["a==1.0"], {"a": wheel(version="1.0+cpu")}),
    "epoch": (["a>=1!0"], {"a": wheel(version="1!2.0")}),
    "URL": (["a @ https://example.org/a-1.0-py3-none-any.whl"], {"a": wheel()}),
}


@pytest.mark.parametrize("case", RIGHT)
def test_right_set(case: str) -> None:
    """The set that pip would choose is found right."""
    assert differences(*RIGHT[case]) == []


WRONG: dict[str, tuple[list[str], dict[str, Chosen], list[tuple[str, str]]]] = {
    "top missing": (["a"], {}, [("a", "left it out")]),
    "dependency missing": (["a"], {"a": wheel("b")}, [("b", "a needs it for the target, but pip left it out")]),
    "surplus": (["a"], {"a": wheel(), "b": wheel()}, [("b", "nothing needs it")]),
    "surplus with a chain": (
        ["a"],
        {"a": wheel(), "b": wheel("c"), "c": wheel()},
        [("b", "nothing"), ("c", "nothing")],
    ),
    "surplus that needs what is needed": (["a"], {"a": wheel(), "b": wheel("a")}, [("b", "nothing needs it")]),
    "wrong version": (["a"], {"a": wheel("b>=2"), "b": wheel()}, [("b", "a needs >=2, but pip chose 1.0")]),
    "wrong version at the top": (["a<1"], {"a": wheel()}, [("a", "what was asked for needs <1")]),
    "host's marker": (
        ["a"],
        {"a": wheel('b; platform_machine == "x86_64"', 'c; platform_machine == "aarch64"'), "b": wheel()},
        [("c", "left it out"), ("b", "nothing needs it")],
    ),
    "extra left out": (["a[x]"], {"a": wheel('b; extra == "x"', extras=["x"])}, [("b", "left it out")]),
    "extra that nobody asked for": (
        ["a"],
        {"a": wheel('b; extra == "x"', extras=["x"]), "b": wheel()},
        [("b", "nothing needs it")],
    ),
    "metadata that cannot be read": (["a"], {"a": wheel("b >> 1")}, [("a", "is not a requirement")]),
    "version behind a self-reference": (
        ["demo[all]"],
        {"demo": wheel('demo[a]; extra == "all"', 'b>=2; extra == "a"', extras=["a", "all"]), "b": wheel()},
        [("b", "demo needs >=2")],
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_set(case: str) -> None:
    """Whatever is missing, surplus or of the wrong version is told."""
    top, chosen, expected = WRONG[case]
    found = differences(top, chosen)
    assert [project for project, _ in found] == [project for project, _ in expected]
    for (_, message), (_, part) in zip(found, expected, strict=True):
        assert part in message


def test_environment_is_not_the_hosts() -> None:
    """Markers are evaluated in the environment that is given, and in nothing of this machine."""
    other: dict[str, Any] = {**ENVIRONMENT, "platform_machine": "vax", "sys_platform": "vms"}
    chosen = {canonicalize_name("a"): wheel('b; platform_machine == "vax" and sys_platform == "vms"')}
    assert [problem.project for problem in closure([("a", "", [], "")], chosen, other)] == ["b"]
