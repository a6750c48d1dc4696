"""What each distribution of a layer has to keep by itself. (Pure.)"""

from __future__ import annotations

import pytest

from lambda_wheels.audit.distribution_rules import any_platform, editable, requires_python, surprises, tags, twice
from lambda_wheels.wheels.native import Elf, Format, Native
from tests.audit.held_layers import OLD, installed, said, view

INFO = "python/demo-1.0.dist-info"


def test_twice() -> None:
    """Two versions of a project, or the same in both folders, are told."""
    files = {**installed("demo"), **installed("demo", "2.0"), **installed("other")}
    [problem] = twice(view(files))
    assert said([problem]) == [("project-twice", "error", "python/demo-2.0.dist-info")]
    assert "1.0 and 2.0" in problem.message
    files = {**installed("demo"), **installed("demo", folder="python/lib/python3.13/site-packages/")}
    assert len([*twice(view(files))]) == 1
    assert len([*twice(view(files, OLD))]) == 0


@pytest.mark.parametrize(
    ("said_of_origin", "is_editable"),
    [
        pytest.param(b'{"url": "file:///demo", "dir_info": {"editable": true}}', True, id="installed with -e"),
        pytest.param(b'{"url": "file:///demo", "dir_info": {"editable": false}}', False, id="installed without"),
        pytest.param(b'{"url": "file:///demo", "dir_info": {}}', False, id="from a folder"),
        pytest.param(b'{"url": "file:///demo.whl", "archive_info": {}}', False, id="from a file"),
        pytest.param(b'{"dir_info": ["editable"]}', False, id="no object in it"),
        pytest.param(b'"editable"', False, id="no object"),
        pytest.param(b"\xff\xfe\xff", False, id="not text"),
        pytest.param(b"[" * 100_000, False, id="too deep"),
        pytest.param(b"", False, id="empty"),
    ],
)
def test_editable(said_of_origin: bytes, is_editable: bool) -> None:
    """A project whose modules stayed where they are worked on is told, going by ``direct_url.json``."""
    files = {**installed("demo"), f"{INFO}/direct_url.json": said_of_origin}
    assert said(editable(view(files))) == ([("editable-install", "error", INFO)] if is_editable else [])


@pytest.mark.parametrize(
    ("tag", "fits"),
    [
        ("py3-none-any", True),
        ("cp313-cp313-manylinux_2_17_aarch64.manylinux2014_aarch64", True),
        ("cp313-cp313-linux_aarch64", True),
        ("cp313-cp313-manylinux_2_28_x86_64", False),
        ("cp312-cp312-manylinux_2_28_aarch64", False),
        ("cp313-cp313-macosx_11_0_arm64", False),
        (None, True),
    ],
)
def test_tags(tag: str | None, fits: bool) -> None:
    """A distribution is judged by the tags of the wheel that it was installed from, as far as these are known."""
    assert said(tags(view(installed("demo", tag=tag)))) == ([] if fits else [("wrong-tag", "error", INFO)])


def test_requires_python() -> None:
    """The target's Python has to be one that the distribution takes."""
    files = installed("demo", requires_python=">=3.13")
    assert said(requires_python(view(files))) == []
    assert said(requires_python(view(files, OLD))) == [("requires-python", "error", INFO)]


@pytest.mark.parametrize(
    ("needed", "hint"),
    [
        (">=3.13", "install another version, or choose python3.13 or newer"),
        (">=3.99", "install another version"),
    ],
)
def test_what_takes_it(needed: str, hint: str) -> None:
    """Only a runtime that takes the distribution is proposed."""
    [problem] = requires_python(view(installed("demo", requires_python=needed), OLD))
    assert problem.hint == hint


def test_any_platform() -> None:
    """Machine code in what claims to run anywhere is told once, unless libraries for several systems lie there."""
    elf = [Native(f"python/demo/{name}.so", Format.ELF, Elf("aarch64", 64, True)) for name in "ab"]
    other = Native("python/demo/a.dll", Format.PE)
    code = {native.path: b"\x7fELF" for native in [*elf, other]}
    files = installed("demo", files=code)
    assert said(any_platform(view(files, natives=elf))) == [("native-in-any", "error", "python/demo/a.so")]
    assert said(any_platform(view(files, natives=[*elf, other]))) == [("native-in-any", "warning", "python/demo/a.so")]
    built = installed("demo", files=code, tag="cp313-cp313-linux_aarch64")
    assert said(any_platform(view(built, natives=elf))) == []
    assert said(any_platform(view(files, natives=[other]))) == []


def test_surprises() -> None:
    """What changes more than its own imports is told of both folders, with the project that brings it."""
    site = "python/lib/python3.13/site-packages/"
    files = installed("demo", files={"python/demo.pth": b"", "python/typing.py": b"", "python/demo/typing.py": b""})
    problems = [*surprises(view({**files, f"{site}sitecustomize.py": b"", "python/lib/x.pth": b""}))]
    assert said(problems) == [
        ("site-customization", "warning", f"{site}sitecustomize.py"),
        ("pth-file", "warning", "python/demo.pth"),
        ("shadows-stdlib", "warning", "python/typing.py"),
    ]
    assert [problem.project for problem in problems] == [None, "demo", "demo"]
