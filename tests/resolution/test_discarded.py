"""Metadata that pip does not take is told as that of its wheel, not as a conflict. (Starts pip; loopback.)"""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_wheels.errors import LambdaWheelsError
from tests.index_server import IndexServer, Listing
from tests.resolution.pip_runs import run_resolve
from tests.wheel_factory import make_wheel

pytestmark = pytest.mark.pip

HEAD = b"Metadata-Version: 2.1\n"


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param(HEAD + b"Name: demo\nVersion: 1.0\nSummary: \xff\xfe\n", id="not UTF-8"),
        pytest.param(HEAD + b"Name: demo\n", id="no version"),
        pytest.param(HEAD + b"Version: 1.0\n", id="no name"),
        pytest.param(HEAD + b"Name: demo\nVersion: one\n", id="no such version"),
        pytest.param(HEAD + b"Name: demo\nVersion: 2.0\n", id="another version"),
        pytest.param(HEAD + b"Name: other\nVersion: 1.0\n", id="another project"),
        pytest.param(HEAD + b"Name: demo\nVersion: 1.0\nRequires-Dist: ???\n", id="no requirement"),
        pytest.param(b"\x00\x01", id="nothing"),
    ],
)
def test_metadata_of_the_index(tmp_path: Path, folder: Path, lie: bytes) -> None:
    """Where an index gives metadata that pip does not take, one line names the wheel, and trying again is no help."""
    wheel = make_wheel(folder, "demo")
    listing = Listing(lies={wheel.name: lie})
    with IndexServer(folder, listing=listing) as index, pytest.raises(LambdaWheelsError) as caught:
        run_resolve(tmp_path, "demo", index_url=index.url)
    [problem] = caught.value.problems
    assert (problem.rule, problem.wheel) == ("wheel-metadata", wheel.name)
    assert caught.value.exit_code == 1
    assert "\n" not in str(problem)


def test_older_version_instead(tmp_path: Path, folder: Path) -> None:
    """A release that is passed over for its metadata does not fail a build that another satisfies."""
    make_wheel(folder, "demo", "1.0")
    wheel = make_wheel(folder, "demo", "2.0")
    with IndexServer(folder, listing=Listing(lies={wheel.name: HEAD + b"Name: demo\nVersion: 3.0\n"})) as index:
        resolution = run_resolve(tmp_path, "demo", index_url=index.url)
    assert [str(one.version) for one in resolution.wheels] == ["1.0"]


def test_conflict_besides(tmp_path: Path, folder: Path) -> None:
    """A conflict among other projects is told besides."""
    make_wheel(folder, "demo", "1.0", requires=["free<2"])
    wheel = make_wheel(folder, "demo", "2.0")
    make_wheel(folder, "free", "1.0")
    make_wheel(folder, "free", "2.0")
    listing = Listing(lies={wheel.name: HEAD + b"Name: demo\nVersion: 3.0\n"})
    with IndexServer(folder, listing=listing) as index, pytest.raises(LambdaWheelsError) as caught:
        run_resolve(tmp_path, ["demo", "free>=2"], index_url=index.url)
    assert [problem.rule for problem in caught.value.problems] == ["wheel-metadata", "conflict"]


def test_damaged_wheel_alone(tmp_path: Path, folder: Path) -> None:
    """A wheel whose own metadata is damaged is told without a conflict that only it causes."""
    wheel = make_wheel(folder, "demo", files={"demo/__init__.py": ""}, requires=["???"])
    with IndexServer(folder, listing=Listing(metadata=False)) as index, pytest.raises(LambdaWheelsError) as caught:
        run_resolve(tmp_path, "demo", index_url=index.url)
    assert caught.value.problems
    assert {problem.wheel for problem in caught.value.problems} == {wheel.name}
    assert "conflict" not in {problem.rule for problem in caught.value.problems}
