"""What a lock has is tried before newer releases, and no requirement is bent for it. (Starts pip; loopback.)"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from lambda_wheels.errors import ResolutionError
from lambda_wheels.resolution.child import Preference
from lambda_wheels.targets import Target
from tests.index_server import IndexServer, Listing
from tests.resolution.pip_runs import ARM, files, pins, run_resolve
from tests.wheel_factory import make_wheel

pytestmark = pytest.mark.pip

INTEL = Target("python3.13", "x86_64")


def pure(name: str, version: str) -> Preference:
    """A wheel for any target, as a lock has it."""
    return name, version, f"{name}-{version}-py3-none-any.whl"


@pytest.fixture
def releases(folder: Path) -> None:
    """Three releases of a project; one of another that needs the second or a newer one."""
    for version in ("1.0", "2.0", "3.0", "4.0rc1"):
        make_wheel(folder, "demo", version)
    make_wheel(folder, "user", "1.0", requires=["demo>=2"])


@pytest.mark.parametrize(
    ("given", "locked", "found"),
    [
        pytest.param("demo", [], {"demo": "3.0"}, id="nothing locked"),
        pytest.param("demo", ["1.0"], {"demo": "1.0"}, id="kept"),
        pytest.param("demo>=2", ["1.0"], {"demo": "3.0"}, id="no longer allowed"),
        pytest.param("demo!=3.0", ["3.0"], {"demo": "2.0"}, id="excluded"),
        pytest.param(["demo", "user"], ["2.0"], {"demo": "2.0", "user": "1.0"}, id="allowed by another project"),
        pytest.param(["demo", "user"], ["1.0"], {"demo": "3.0", "user": "1.0"}, id="not allowed by another project"),
        pytest.param("demo", ["1.0", "2.0"], {"demo": "2.0"}, id="two versions locked: the newer"),
        pytest.param("demo<2", ["1.0", "2.0"], {"demo": "1.0"}, id="two versions locked: the one allowed"),
        pytest.param("demo", ["2.5"], {"demo": "3.0"}, id="gone from the index"),
        pytest.param("demo", ["4.0rc1"], {"demo": "3.0"}, id="a pre-release, without --pre"),
        pytest.param("user", ["1.0"], {"demo": "3.0", "user": "1.0"}, id="of a project that came along"),
    ],
)
def test_versions(
    tmp_path: Path,
    index: IndexServer,
    releases: None,
    given: str | list[str],
    locked: list[str],
    found: dict[str, str],
) -> None:
    """What is locked is kept where the requirements allow it, else pip chooses as if nothing had been."""
    preferred = [pure("demo", version) for version in locked]
    assert pins(run_resolve(tmp_path, given, index_url=index.url, preferred=preferred)) == found


def test_other_projects(tmp_path: Path, index: IndexServer, folder: Path) -> None:
    """A version that is locked of one project is nothing to another."""
    for name in ("demo", "other"):
        for version in ("1.0", "2.0"):
            make_wheel(folder, name, version)
    found = run_resolve(tmp_path, ["demo", "other"], index_url=index.url, preferred=[pure("demo", "1.0")])
    assert pins(found) == {"demo": "1.0", "other": "2.0"}


def test_spellings(tmp_path: Path, index: IndexServer, folder: Path) -> None:
    """A project is known by its normalised name, whatever a requirement or a file calls it."""
    for version in ("1.0", "2.0"):
        make_wheel(folder, "Some.Thing", version)
    preferred = [("some-thing", "1.0", "some_thing-1.0-py3-none-any.whl")]
    assert pins(run_resolve(tmp_path, "SOME_thing", index_url=index.url, preferred=preferred)) == {"some-thing": "1.0"}


@pytest.mark.parametrize(
    ("target", "tag"),
    [
        pytest.param(ARM, "py3-none-any", id="the very file"),
        pytest.param(INTEL, "cp313-cp313-manylinux_2_28_x86_64", id="another one of its version"),
    ],
)
def test_files(tmp_path: Path, index: IndexServer, folder: Path, target: Target, tag: str) -> None:
    """The file that is locked is kept, though there is a better one now; where it does not run, another of its version.

    Its version, even so: a newer release is not taken since another architecture is locked.
    """
    locked = "py3-none-any" if target is ARM else "cp313-cp313-manylinux_2_28_aarch64"
    for version in ("1.0", "2.0"):
        for one in {locked, "cp313-cp313-manylinux_2_28_aarch64", "cp313-cp313-manylinux_2_28_x86_64"}:
            make_wheel(folder, "demo", version, tag=one)
    found = run_resolve(
        tmp_path, "demo", target=target, index_url=index.url, preferred=[("demo", "1.0", f"demo-1.0-{locked}.whl")]
    )
    assert files(found) == [f"demo-1.0-{tag}.whl"]


@pytest.mark.parametrize(
    ("given", "version"),
    [
        pytest.param("demo", "1.0", id="any version"),
        pytest.param("demo==1.0", "1.0", id="pinned"),
        pytest.param("demo>1", "2.0", id="no longer allowed"),
    ],
)
def test_yanked(tmp_path: Path, folder: Path, given: str, version: str) -> None:
    """A locked release that was withdrawn since is kept, with a warning, as far as the requirements allow."""
    locked = make_wheel(folder, "demo", "1.0")
    make_wheel(folder, "demo", "2.0")
    with IndexServer(folder, listing=Listing(yanked={locked.name: "broken"})) as index:
        found = run_resolve(tmp_path, given, index_url=index.url, preferred=[pure("demo", "1.0")])
    assert pins(found) == {"demo": version}
    assert [problem.rule for problem in found.problems] == (["yanked"] if version == "1.0" else [])


def test_hashes(tmp_path: Path, index: IndexServer, folder: Path) -> None:
    """A locked file does not get past the hashes that a requirement has."""
    make_wheel(folder, "demo", "1.0")
    newer = make_wheel(folder, "demo", "2.0")
    digest = hashlib.sha256(newer.read_bytes()).hexdigest()
    (tmp_path / "r.txt").write_text(f"demo==2.0 --hash=sha256:{digest}\n")
    found = run_resolve(tmp_path, tmp_path / "r.txt", index_url=index.url, preferred=[pure("demo", "1.0")])
    assert pins(found) == {"demo": "2.0"}


def test_conflict(tmp_path: Path, index: IndexServer, releases: None) -> None:
    """What is locked makes no set possible that the requirements do not."""
    with pytest.raises(ResolutionError, match="conflict"):
        run_resolve(tmp_path, ["demo<2", "user"], index_url=index.url, preferred=[pure("demo", "1.0")])
