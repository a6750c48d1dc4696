"""Targets equal what AWS's own images say of themselves. (Pure.)"""

from __future__ import annotations

import hashlib
import pickle

import pytest
from packaging.markers import Marker, default_environment
from packaging.tags import Tag

from lambda_wheels.errors import UsageError
from lambda_wheels.targets import ARCHITECTURES, RUNTIMES, Target

EVERY_TARGET = [
    pytest.param(Target(runtime, architecture), id=f"{runtime}-{architecture}")
    for runtime in RUNTIMES
    for architecture in ARCHITECTURES
]


def digest(tags: tuple[Tag, ...]) -> str:
    """The first 16 hexadecimal digits of the sha256 of the tags, a line each, in their order."""
    return hashlib.sha256("\n".join(map(str, tags)).encode()).hexdigest()[:16]


# Taken from `packaging.tags.sys_tags()` inside AWS's images of each runtime.
@pytest.mark.parametrize(
    ("runtime", "architecture", "count", "expected"),
    [
        pytest.param(f"python{version}", architecture, count, expected, id=f"{version}-{architecture}")
        for version, architecture, count, expected in [
            ("3.9", "x86_64", 558, "4a83b50aed62a6a3"),
            ("3.9", "arm64", 264, "8185dbbed5bd62e5"),
            ("3.10", "x86_64", 611, "60447e5dfd720c17"),
            ("3.10", "arm64", 289, "e1e2aaa5604e984f"),
            ("3.11", "x86_64", 664, "8e92030c7eed6114"),
            ("3.11", "arm64", 314, "9feca03cd7e99ad6"),
            ("3.12", "x86_64", 933, "3cc55d7ef22be035"),
            ("3.12", "arm64", 555, "2e242e2447702037"),
            ("3.13", "x86_64", 1002, "7a2616cb78cdefb6"),
            ("3.13", "arm64", 596, "772572fe054b3fc7"),
            ("3.14", "x86_64", 1071, "91ac1af28cc5a25d"),
            ("3.14", "arm64", 637, "b9f660230c32887b"),
        ]
    ],
)
def test_tags(runtime: str, architecture: str, count: int, expected: str) -> None:
    """The ordered tags are those that the runtime's own Python lists inside AWS's image."""
    tags = Target(runtime, architecture).tags
    assert (len(tags), digest(tags)) == (count, expected)


@pytest.mark.parametrize("target", EVERY_TARGET)
def test_tags_are_lists_without_repeats(target: Target) -> None:
    """Every target has a best tag of its own interpreter and a last one for any Python, and none twice."""
    assert str(target.tags[0]) == f"{target.interpreter}-{target.interpreter}-{target.platforms[0]}"
    assert str(target.tags[-1]) == "py30-none-any"
    assert len(set(target.tags)) == len(target.tags)


@pytest.mark.parametrize(
    ("target", "first", "last", "count"),
    [
        pytest.param(
            Target("python3.11", "x86_64"),
            ("manylinux_2_26_x86_64", "manylinux_2_25_x86_64"),
            ("manylinux_2_5_x86_64", "manylinux1_x86_64", "linux_x86_64"),
            22 + 3 + 1,
            id="AL2-x86_64",
        ),
        pytest.param(
            Target("python3.11", "arm64"),
            ("manylinux_2_26_aarch64", "manylinux_2_25_aarch64"),
            ("manylinux_2_17_aarch64", "manylinux2014_aarch64", "linux_aarch64"),
            10 + 1 + 1,
            id="AL2-arm64",
        ),
        pytest.param(
            Target("python3.13", "x86_64"),
            ("manylinux_2_34_x86_64", "manylinux_2_33_x86_64"),
            ("manylinux_2_5_x86_64", "manylinux1_x86_64", "linux_x86_64"),
            30 + 3 + 1,
            id="AL2023-x86_64",
        ),
        pytest.param(
            Target("python3.13", "arm64"),
            ("manylinux_2_34_aarch64", "manylinux_2_33_aarch64"),
            ("manylinux_2_17_aarch64", "manylinux2014_aarch64", "linux_aarch64"),
            18 + 1 + 1,
            id="AL2023-arm64",
        ),
    ],
)
def test_platforms(target: Target, first: tuple[str, ...], last: tuple[str, ...], count: int) -> None:
    """Platforms run from the image's glibc down to the oldest, each legacy name after its number."""
    assert target.platforms[: len(first)] == first
    assert target.platforms[-len(last) :] == last
    assert len(target.platforms) == len(set(target.platforms)) == count


@pytest.mark.parametrize("target", EVERY_TARGET)
def test_wheels_never_say_arm64(target: Target) -> None:
    """Lambda's arm64 is aarch64 in every tag and marker."""
    assert not any("arm64" in platform for platform in target.platforms)
    assert target.marker_environment["platform_machine"] in {"x86_64", "aarch64"}


def test_marker_environment() -> None:
    """Markers see Lambda: its Python, its machine, Linux; and of its kernel nothing."""
    assert Target("python3.12", "arm64").marker_environment == {
        "implementation_name": "cpython",
        "implementation_version": "3.12.3",
        "os_name": "posix",
        "platform_machine": "aarch64",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": "3.12.3",
        "python_version": "3.12",
        "sys_platform": "linux",
    }


@pytest.mark.parametrize("target", EVERY_TARGET)
def test_marker_environment_is_whole(target: Target) -> None:
    """No marker variable is left for the host to answer."""
    assert target.marker_environment.keys() == default_environment().keys()


@pytest.mark.parametrize(
    ("marker", "target", "holds"),
    [
        pytest.param('python_version < "3.10"', Target("python3.9", "arm64"), True, id="3.9-is-below-3.10"),
        pytest.param('python_version >= "3.9"', Target("python3.10", "arm64"), True, id="3.10-is-above-3.9"),
        pytest.param('python_full_version >= "3.12.1"', Target("python3.12", "arm64"), True, id="patch-level"),
        pytest.param('platform_machine == "aarch64"', Target("python3.13", "arm64"), True, id="aarch64"),
        pytest.param('platform_machine == "arm64"', Target("python3.13", "arm64"), False, id="never-arm64"),
        pytest.param('sys_platform == "win32"', Target("python3.13", "x86_64"), False, id="not-windows"),
    ],
)
def test_markers(marker: str, target: Target, holds: bool) -> None:
    """Markers are answered for the target, whatever the host."""
    assert Marker(marker).evaluate(dict(target.marker_environment)) is holds


@pytest.mark.parametrize(
    ("runtime", "architecture", "lines"),
    [
        pytest.param(
            "python3.8",
            "arm64",
            ["error[unknown-runtime] 'python3.8' is not a Lambda runtime; did you mean 'python3."],
            id="runtime",
        ),
        pytest.param(
            "nodejs22.x",
            "arm64",
            ["error[unknown-runtime] 'nodejs22.x' is not a Lambda runtime; Known: python3.9, python3.10, "],
            id="runtime-with-nothing-like-it",
        ),
        pytest.param(
            "python3.13",
            "aarch64",
            ["error[unknown-architecture] 'aarch64' is not a Lambda architecture; "],
            id="architecture",
        ),
        pytest.param(
            "3.13",
            "ARM64",
            ["error[unknown-runtime] '3.13' ", "error[unknown-architecture] 'ARM64' "],
            id="both-at-once",
        ),
        pytest.param(
            "python3.13\n\x1b[2J",
            "",
            ["error[unknown-runtime] 'python3.13\\n\\x1b[2J' ", "error[unknown-architecture] '' "],
            id="control-characters",
        ),
    ],
)
def test_unknown_names(runtime: str, architecture: str, lines: list[str]) -> None:
    """An unknown runtime or architecture is refused with all that is wrong and all that is known."""
    with pytest.raises(UsageError) as caught:
        Target(runtime, architecture)
    printed = str(caught.value).splitlines()
    assert len(printed) == len(lines)
    for line, beginning in zip(printed, lines, strict=True):
        assert line.startswith(beginning)
        assert "Known: " in line
        assert "python3.13" in line or "x86_64, arm64" in line


def test_value() -> None:
    """Equal targets are equal, hash alike, print as words and can be pickled, also after their tags were made."""
    target = Target("python3.13", "arm64")
    assert target.tags
    assert target == Target("python3.13", "arm64") != Target("python3.13", "x86_64")
    assert {target, Target("python3.13", "arm64")} == {target}
    assert str(target) == "python3.13 on arm64"
    assert pickle.loads(pickle.dumps(target)) == target
