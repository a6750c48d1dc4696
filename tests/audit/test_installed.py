"""Which distributions a layer has, by what their installers left. (Pure.)"""

from __future__ import annotations

import pytest

from lambda_wheels.audit.held import site_folders
from lambda_wheels.audit.installed import Installation, read_installation
from tests.audit.held_layers import ARM, Files, held, installed, said
from tests.wheel_factory import record

INFO = "python/demo-1.0.dist-info"
METADATA = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"


def read(files: Files) -> Installation:
    """What ``ARM`` finds in a layer of ``files``."""
    return read_installation(held(files), site_folders(ARM))


def test_both_folders() -> None:
    """What lies in the folder of the target's Python is found first; other Pythons' folders are not looked into."""
    site = "python/lib/python3.13/site-packages/"
    other = "python/lib/python3.12/site-packages/"
    files = {**installed("a"), **installed("b", folder=site), **installed("c", folder=other)}
    assert [(one.name, one.folder) for one in read(files).distributions] == [("b", site), ("a", "python/")]


@pytest.mark.parametrize(
    ("files", "rule", "member"),
    [
        pytest.param({f"{INFO}/RECORD": b""}, "metadata-missing", INFO, id="only RECORD"),
        pytest.param({f"{INFO}/METADATA": METADATA.replace(b"demo", b"other")}, "metadata-name", None, id="another"),
        pytest.param({f"{INFO}/METADATA": METADATA.replace(b"1.0", b"2.0")}, "metadata-version", None, id="version"),
        pytest.param({f"{INFO}/METADATA": b"\xff"}, "metadata-encoding", None, id="not UTF-8"),
        pytest.param({"python/demo.dist-info/METADATA": METADATA}, "dist-info-name", None, id="no version in its name"),
        pytest.param({"python/demo-x.dist-info/METADATA": METADATA}, "dist-info-name", None, id="no version"),
        pytest.param(
            {f"{INFO}/METADATA": METADATA + b"Requires-Dist: !\n"}, "metadata-requires-dist", None, id="requirement"
        ),
        pytest.param({f"{INFO}/METADATA": METADATA, f"{INFO}/RECORD": b"\xff"}, "record-encoding", None, id="RECORD"),
        pytest.param({"python/demo.egg-info/SOURCES.txt": b""}, "metadata-missing", None, id="egg without PKG-INFO"),
    ],
)
def test_what_is_wrong(files: Files, rule: str, member: str | None) -> None:
    """What cannot be made sense of is a finding about the project that it is named for."""
    [problem] = read(files).problems
    assert (problem.rule, problem.project, problem.wheel) == (rule, "demo", None)
    assert (problem.member or "").startswith(member or "python/demo")


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"python/demo-1.0-py3.13.egg-info": METADATA}, id="file"),
        pytest.param({"python/demo.egg-info/PKG-INFO": METADATA}, id="folder"),
    ],
)
def test_eggs(files: Files) -> None:
    """What setuptools left in the old way counts as well."""
    [demo] = read(files).distributions
    assert (demo.name, str(demo.version), demo.tags) == ("demo", "1.0", frozenset())


def test_requirements_of_eggs() -> None:
    """They stand in a file of their own, by extras and markers."""
    requires = b'six\n\n[:python_version < "3"]\nold\n\n[extra]\nnever\n\n[extra:os_name == "nt"]\nnever\n'
    files = {"python/demo.egg-info/PKG-INFO": METADATA, "python/demo.egg-info/requires.txt": requires}
    [demo] = read(files).distributions
    assert demo.metadata.requires_dist == ("six", 'old; python_version < "3"')


def test_owners() -> None:
    """RECORD says which project brought a file; scripts and headers are where ``pip --target`` puts them."""
    rows = [
        ["demo/__init__.py", "", ""],
        ["../../bin/demo", "", ""],
        ["../bin/ours", "", ""],
        ["../../outside", "", ""],
        ["/absolute", "", ""],
        ["./demo/dot.py", "", ""],
        ["demo\\windows.py", "", ""],
    ]
    files = {
        **dict.fromkeys(["python/bin/demo", "bin/ours", "python/demo/dot.py", "python/demo/windows.py"], b""),
        f"{INFO}/METADATA": METADATA,
        f"{INFO}/RECORD": record(rows),
    }
    found = read(files)
    assert found.owners == dict.fromkeys(
        ["python/demo/__init__.py", "python/bin/demo", "bin/ours", "python/demo/dot.py", "python/demo/windows.py"],
        "demo",
    )
    assert said(found.problems) == []


@pytest.mark.parametrize("content", [b"", b"\xff", b"Tag: nonsense\n"])
def test_tags_that_are_not_known(content: bytes) -> None:
    """A file WHEEL that says nothing is no reason to say something of tags."""
    files = {f"{INFO}/METADATA": METADATA, f"{INFO}/WHEEL": content}
    [demo] = read(files).distributions
    assert demo.tags == frozenset()
