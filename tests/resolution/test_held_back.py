"""What is older than it could be because nothing newer fits the target."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from lambda_wheels.problems import Severity
from lambda_wheels.resolution.held_back import held_back
from lambda_wheels.resolution.resolution import ResolvedWheel
from lambda_wheels.targets import Target
from tests.index_server import IndexServer, Listing
from tests.resolution.pip_runs import OLD, pins, run_resolve
from tests.wheel_factory import make_wheel

DEMO = canonicalize_name("demo")
Row = tuple[str, str, str, str, str]
FITS: Row = ("demo-1.5-py3-none-any.whl", "candidate", "", "", "")
GLIBC: Row = ("demo-2.0-cp311-cp311-manylinux_2_28_x86_64.whl", "platform_mismatch", "", "", "")
PYTHON: Row = ("demo-3.0-py3-none-any.whl", "requires_python_mismatch", ">=3.12", "", "")
SDIST: Row = ("demo-4.0.tar.gz", "format_unsupported", "", "", "")
PRE: Row = ("demo-5.0rc1-cp312-cp312-win_amd64.whl", "platform_mismatch", "", "", "")
YANKED: Row = ("demo-6.0-cp312-cp312-win_amd64.whl", "platform_mismatch", "", "yanked", "")
LATE: Row = ("demo-7.0-py3-none-any.whl", "upload_too_late", "", "", "")


def chosen(version: str = "1.0", *, direct: bool = False) -> ResolvedWheel:
    """What pip took."""
    filename = f"demo-{version}-py3-none-any.whl"
    return ResolvedWheel(
        name=DEMO, version=Version(version), filename=filename, url=f"/{filename}", sha256="0" * 64, direct=direct
    )


@pytest.mark.parametrize(
    ("rows", "wanted", "words"),
    [
        pytest.param([], "", None, id="nothing newer"),
        pytest.param([GLIBC], "", "1.0 was taken; 2.0 needs glibc 2.28, python3.11 has 2.26", id="one release"),
        pytest.param(
            [GLIBC, PYTHON],
            "",
            "1.0 was taken; since 2.0 no release fits python3.11 on x86_64: 2.0 needs glibc 2.28, python3.11 has 2.26; "
            "3.0 needs Python >=3.12, python3.11 has 3.11.9",
            id="several, for two reasons",
        ),
        pytest.param([SDIST], "", "1.0 was taken; 4.0 has no wheel, only a source distribution", id="source alone"),
        pytest.param([FITS, GLIBC], "", None, id="a newer one fits: something else kept it away"),
        pytest.param([GLIBC], "<2", None, id="not wanted"),
        pytest.param([FITS, GLIBC], "!=1.5", "1.0 was taken; 2.0 needs glibc 2.28, python3.11 has 2.26", id="wanted"),
        pytest.param([PRE], "", None, id="pre-release"),
        pytest.param([YANKED], "", None, id="yanked"),
        pytest.param([LATE], "", None, id="later than allowed"),
    ],
)
def test_held_back(rows: list[Row], wanted: str, words: str | None) -> None:
    """A wheel is held back if the target alone keeps every newer release away that could have been taken."""
    problems = [*held_back([chosen()], {"demo": rows}, {DEMO: SpecifierSet(wanted)}, {}, OLD)]
    assert [problem.message for problem in problems] == ([] if words is None else [words])
    for problem in problems:
        assert (problem.rule, problem.project, problem.severity) == ("held-back", "demo", Severity.WARNING)


def test_what_would_work() -> None:
    """What the newest could be built for is told."""
    [problem] = held_back([chosen()], {"demo": [PYTHON]}, {}, {}, OLD)
    assert problem.hint == "for 3.0, build for python3.12 or newer"


def test_named_by_its_url() -> None:
    """A wheel that was named itself is not held back by anything."""
    assert not [*held_back([chosen(direct=True)], {"demo": [GLIBC]}, {}, {}, OLD)]


def test_a_pre_release_is_held_back_by_others() -> None:
    """Where a pre-release was taken, newer ones count as well."""
    assert [*held_back([chosen("1.0rc1")], {"demo": [PRE]}, {}, {}, Target("python3.13", "arm64"))]


@pytest.mark.pip
def test_for_real(tmp_path: Path, folder: Path, index: IndexServer) -> None:
    """pip takes an older release quietly, and it is told: of what was asked for and of what that needs, if wanted."""
    make_wheel(folder, "top", requires=["bound<2", "free"])
    for name in ("bound", "free", "pinned"):
        make_wheel(folder, name, "1.0")
        make_wheel(folder, name, "2.0", tag="cp311-cp311-manylinux_2_28_x86_64")
    resolution = run_resolve(tmp_path, ["top", "pinned==1.0"], target=OLD, index_url=index.url)
    assert pins(resolution) == {"top": "1.0", "bound": "1.0", "free": "1.0", "pinned": "1.0"}
    assert [problem.project for problem in resolution.problems] == ["free"]
    (tmp_path / "constraints.txt").write_text("free<2")
    resolution = run_resolve(tmp_path, "top", target=OLD, index_url=index.url, constraint=tmp_path / "constraints.txt")
    assert not resolution.problems


@pytest.mark.pip
def test_by_what_it_needs(tmp_path: Path, folder: Path, index: IndexServer) -> None:
    """A release that fits itself is held back by what it needs, if that is what the target cannot have."""
    make_wheel(folder, "demo", "1.0", requires=["helper"])
    make_wheel(folder, "demo", "2.0", requires=["helper>=2"])
    make_wheel(folder, "helper", "1.0")
    make_wheel(folder, "helper", "2.0", tag="cp311-cp311-manylinux_2_28_x86_64")
    make_wheel(folder, "helper", "2.0", tag="cp312-cp312-manylinux_2_28_x86_64")
    resolution = run_resolve(tmp_path, "demo", target=OLD, index_url=index.url)
    assert pins(resolution) == {"demo": "1.0", "helper": "1.0"}
    said = {problem.project: (problem.message, problem.hint) for problem in resolution.problems}
    assert said["demo"] == (
        "1.0 was taken; 2.0 needs helper>=2, of which 2.0 needs glibc 2.28, python3.11 has 2.26",
        "for 2.0, build for python3.12",
    )
    assert [*said] == ["demo", "helper"]


@pytest.mark.pip
def test_by_metadata_alone(tmp_path: Path, folder: Path) -> None:
    """What only its metadata say, not the index, holds a release back as well: which Python it is for."""
    make_wheel(folder, "demo", "1.0")
    make_wheel(folder, "demo", "2.0", requires_python=">=3.12")
    resolution = run_resolve(tmp_path, "demo", target=OLD, no_index=True, find_links=folder)
    [problem] = resolution.problems
    assert problem.message == "1.0 was taken; 2.0 needs Python >=3.12, python3.11 has 3.11.9"
    assert problem.hint == "for 2.0, build for python3.12 or newer"


@pytest.mark.pip
def test_a_conflict_holds_nothing_back(tmp_path: Path, folder: Path, index: IndexServer) -> None:
    """A release that needs what something else does not allow is not held back by the target."""
    make_wheel(folder, "demo", "1.0", requires=["helper"])
    make_wheel(folder, "demo", "2.0", requires=["helper>=2"])
    make_wheel(folder, "helper", "1.0")
    make_wheel(folder, "helper", "2.0", tag="cp311-cp311-manylinux_2_28_x86_64")
    resolution = run_resolve(tmp_path, ["demo", "helper<2"], target=OLD, index_url=index.url)
    assert pins(resolution) == {"demo": "1.0", "helper": "1.0"}
    assert not resolution.problems


@pytest.mark.pip
def test_on_a_page_of_links(tmp_path: Path, folder: Path, index: IndexServer) -> None:
    """A page that lists many projects holds nothing back with what is another project's."""
    make_wheel(folder, "demo", "1.0")
    make_wheel(folder, "other", "2.0", tag="cp311-cp311-manylinux_2_28_x86_64")
    (folder / "other-3.0.tar.gz").write_bytes(b"never read")
    resolution = run_resolve(tmp_path, "demo", target=OLD, no_index=True, find_links=index.links_url)
    assert not resolution.problems
    make_wheel(folder, "demo", "1.5", tag="cp311-cp311-manylinux_2_28_x86_64")
    resolution = run_resolve(tmp_path, "demo", target=OLD, no_index=True, find_links=index.links_url)
    [problem] = resolution.problems
    assert problem.message == "1.0 was taken; 1.5 needs glibc 2.28, python3.11 has 2.26"


@pytest.mark.pip
def test_later_than_allowed(tmp_path: Path, folder: Path) -> None:
    """What came after the time given would not have been taken on any target."""
    make_wheel(folder, "demo", "1.0")
    late = make_wheel(folder, "demo", "2.0", tag="cp311-cp311-manylinux_2_28_x86_64")
    with IndexServer(folder, listing=Listing(upload_time={late.name: "2025-06-01T00:00:00Z"})) as index:
        assert run_resolve(tmp_path, "demo", target=OLD, index_url=index.url).problems
        older = run_resolve(tmp_path, "demo", target=OLD, index_url=index.url, uploaded_prior_to="2025-01-01")
    assert not older.problems


@pytest.mark.pip
def test_a_preference_holds_nothing_back(tmp_path: Path, folder: Path, index: IndexServer) -> None:
    """What a lock keeps is not held back by the target, where a newer release would fit."""
    for version in ("1.0", "2.0"):
        make_wheel(folder, "demo", version)
    make_wheel(folder, "demo", "3.0", tag="cp311-cp311-win_amd64")
    resolution = run_resolve(
        tmp_path, "demo", target=OLD, index_url=index.url, preferred=[("demo", "1.0", "demo-1.0-py3-none-any.whl")]
    )
    assert pins(resolution) == {"demo": "1.0"}
    assert not resolution.problems
