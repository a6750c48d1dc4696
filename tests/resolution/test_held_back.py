"""What is older than it could be because nothing newer fits the target."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from lambda_wheels.problems import Problem, Severity
from lambda_wheels.resolution.fitting import passed_over
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
LATER: Row = ("demo-3.0-cp311-cp311-manylinux_2_17_x86_64.whl", "upload_too_late", "", "", "")
IN_TIME: Row = ("demo-3.0-cp312-cp312-manylinux_2_17_x86_64.whl", "platform_mismatch", "", "", "")
LATER_ARM: Row = ("demo-3.0-cp311-cp311-manylinux_2_17_aarch64.whl", "upload_too_late", "", "", "")
OLD_FINAL: Row = ("demo-0.9-cp312-cp312-manylinux_2_17_x86_64.whl", "platform_mismatch", "", "", "")
OLDER_FINAL: Row = ("demo-0.8-cp311-cp311-manylinux_2_28_x86_64.whl", "platform_mismatch", "", "", "")
OLD_FITS: Row = ("demo-0.7-py3-none-any.whl", "candidate", "", "", "")


def chosen(version: str = "1.0", *, direct: bool = False) -> ResolvedWheel:
    """What pip took."""
    filename = f"demo-{version}-py3-none-any.whl"
    return ResolvedWheel(
        name=DEMO, version=Version(version), filename=filename, url=f"/{filename}", sha256="0" * 64, direct=direct
    )


def warnings(
    rows: Sequence[Row],
    wheel: ResolvedWheel | None = None,
    *,
    wanted: str = "",
    target: Target = OLD,
    prereleases: Sequence[str] = (),
) -> list[Problem]:
    """What is said of the wheel where there are such other releases, and nothing is known of what they need."""
    others = {DEMO: passed_over("demo", rows)}
    specifiers = {DEMO: SpecifierSet(wanted)}
    return [*held_back([wheel or chosen()], others, specifiers, lambda *_: None, target, prereleases)]


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
        pytest.param([IN_TIME, LATER], "", None, id="the file for the target came later than allowed"),
        pytest.param(
            [GLIBC, IN_TIME, LATER],
            "",
            "1.0 was taken; 2.0 needs glibc 2.28, python3.11 has 2.26",
            id="that of the newest came later than allowed",
        ),
        pytest.param(
            [IN_TIME, LATER_ARM],
            "",
            "1.0 was taken; 3.0 has wheels of cp311 for aarch64, none for x86_64",
            id="a file for another target came later than allowed",
        ),
    ],
)
def test_held_back(rows: list[Row], wanted: str, words: str | None) -> None:
    """A wheel is held back if the target alone keeps every newer release away that could have been taken."""
    problems = warnings(rows, wanted=wanted)
    assert [problem.message for problem in problems] == ([] if words is None else [words])
    for problem in problems:
        assert (problem.rule, problem.project, problem.severity) == ("held-back", "demo", Severity.WARNING)


def test_what_would_work() -> None:
    """What the newest could be built for is told."""
    [problem] = warnings([PYTHON])
    assert problem.hint == "for 3.0, build for python3.12 or newer"
    [problem] = warnings([IN_TIME, LATER_ARM])
    assert problem.hint == "for 3.0, build for python3.12"


def test_named_by_its_url() -> None:
    """A wheel that was named itself is not held back by anything."""
    assert not warnings([GLIBC], chosen(direct=True))


def test_a_pre_release_is_held_back_by_others() -> None:
    """Where a pre-release was taken, newer ones count as well."""
    assert warnings([PRE], chosen("1.0rc1"), target=Target("python3.13", "arm64"))


@pytest.mark.parametrize(
    ("rows", "wanted", "prereleases", "words"),
    [
        pytest.param(
            [OLD_FINAL], "", [], "a pre-release, was taken; 0.9 has wheels for cp312, none for cp311", id="an older one"
        ),
        pytest.param(
            [GLIBC], "", [], "a pre-release, was taken; 2.0 needs glibc 2.28, python3.11 has 2.26", id="a newer one"
        ),
        pytest.param(
            [OLD_FINAL, OLDER_FINAL],
            "",
            [],
            "a pre-release, was taken; no final release fits python3.11 on x86_64: 0.8 needs glibc 2.28, python3.11 "
            "has 2.26; 0.9 has wheels for cp312, none for cp311",
            id="several",
        ),
        pytest.param([], "", [], None, id="there is none"),
        pytest.param([OLD_FINAL], ">=1.0b1", [], None, id="not wanted"),
        pytest.param([OLD_FINAL], ">=0.5b1", [], None, id="the requirement names a pre-release"),
        pytest.param([OLD_FINAL], "", [":all:"], None, id="all pre-releases are allowed"),
        pytest.param([OLD_FINAL], "", ["demo"], None, id="its pre-releases are allowed"),
        pytest.param([OLD_FINAL, OLD_FITS], "", [], None, id="one fits: something else kept it away"),
    ],
)
def test_a_pre_release_is_taken(rows: list[Row], wanted: str, prereleases: list[str], words: str | None) -> None:
    """That a pre-release was taken which nobody asked for, since no final release fits the target, is told."""
    problems = warnings(rows, chosen("1.0rc1"), wanted=wanted, prereleases=prereleases)
    assert [problem.message for problem in problems] == ([] if words is None else [f"1.0rc1, {words}"])


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


def make_chain(folder: Path) -> None:
    """Two releases of a project, of what it needs, and of what that needs, of which the second is for a newer glibc."""
    make_wheel(folder, "demo", "1.0")
    make_wheel(folder, "demo", "2.0", requires=["middle>=2"])
    make_wheel(folder, "middle", "1.0")
    make_wheel(folder, "middle", "2.0", requires=["deep>=2"])
    make_wheel(folder, "deep", "1.0")
    make_wheel(folder, "deep", "2.0", tag="cp311-cp311-manylinux_2_28_x86_64")
    make_wheel(folder, "deep", "2.0", tag="cp312-cp312-manylinux_2_28_x86_64")


@pytest.mark.pip
def test_step_by_step(tmp_path: Path, folder: Path, index: IndexServer) -> None:
    """A release that pip goes back on since something two steps away cannot be had is held back by that."""
    make_chain(folder)
    make_wheel(folder, "demo", "3.0", tag="cp312-cp312-manylinux_2_28_x86_64")
    resolution = run_resolve(tmp_path, "demo", target=OLD, index_url=index.url)
    assert pins(resolution) == {"demo": "1.0"}
    [problem] = resolution.problems
    assert problem.message == (
        "1.0 was taken; since 2.0 no release fits python3.11 on x86_64: 2.0 needs middle>=2, of which 2.0 needs "
        "deep>=2, of which 2.0 needs glibc 2.28, python3.11 has 2.26; 3.0 has wheels for cp312, none for cp311"
    )


@pytest.mark.pip
def test_by_an_extra(tmp_path: Path, folder: Path, index: IndexServer) -> None:
    """What an extra needs counts, of what was asked for and of what that needs."""
    for name in ("demo", "other"):
        make_wheel(folder, name, "1.0", extras=["fast"])
    make_wheel(folder, "demo", "2.0", requires=["deep>=2; extra == 'fast'"], extras=["fast"])
    make_wheel(folder, "other", "2.0", requires=["demo[fast]>=2"])
    make_wheel(folder, "deep", "2.0", tag="cp312-cp312-manylinux_2_28_x86_64")
    no_deep = "of which 2.0 has wheels for cp312, none for cp311"
    [problem] = run_resolve(tmp_path, "demo[fast]", target=OLD, index_url=index.url).problems
    assert problem.message == f"1.0 was taken; 2.0 needs deep>=2, {no_deep}"
    assert problem.hint == "for 2.0, build for python3.12"
    [problem] = run_resolve(tmp_path, "other", target=OLD, index_url=index.url).problems
    assert problem.message == f"1.0 was taken; 2.0 needs demo[fast]>=2, of which 2.0 needs deep>=2, {no_deep}"
    assert not run_resolve(tmp_path, "demo", target=OLD, index_url=index.url).problems


@pytest.mark.pip
@pytest.mark.parametrize("other", ["deep<2", "pinned==1.0", "newest"])
def test_a_conflict_further_away(tmp_path: Path, folder: Path, index: IndexServer, other: str) -> None:
    """Where others want older releases of what is needed in any case, nothing is held back by the target."""
    make_chain(folder)
    make_wheel(folder, "pinned", "1.0", requires=["deep<2"])
    make_wheel(folder, "pinned", "2.0")
    make_wheel(folder, "newest", "1.0", requires=["deep<2"])
    resolution = run_resolve(tmp_path, ["demo", other], target=OLD, index_url=index.url)
    assert pins(resolution)["demo"] == "1.0"
    assert not resolution.problems


@pytest.mark.pip
def test_of_two_that_go_together(tmp_path: Path, folder: Path, index: IndexServer) -> None:
    """What an older release of another wants, taken for the same reason, is no conflict."""
    make_chain(folder)
    make_wheel(folder, "twin", "1.0", requires=["middle<2"])
    make_wheel(folder, "twin", "2.0", requires=["middle>=2"])
    resolution = run_resolve(tmp_path, ["demo", "twin"], target=OLD, index_url=index.url)
    assert pins(resolution) == {"demo": "1.0", "middle": "1.0", "twin": "1.0"}
    assert {problem.project for problem in resolution.problems} == {"demo", "twin"}


@pytest.mark.pip
def test_a_pre_release_for_real(tmp_path: Path, folder: Path, index: IndexServer) -> None:
    """pip takes a pre-release quietly where no final release fits, and it is told, unless pre-releases are allowed."""
    make_wheel(folder, "demo", "1.0", tag="cp312-cp312-manylinux_2_28_x86_64")
    make_wheel(folder, "demo", "2.0b1")
    [problem] = run_resolve(tmp_path, "demo", target=OLD, index_url=index.url).problems
    assert problem.message == "2.0b1, a pre-release, was taken; 1.0 has wheels for cp312, none for cp311"
    assert problem.hint == "for 1.0, build for python3.12"
    assert not run_resolve(tmp_path, "demo", target=OLD, index_url=index.url, pre=True).problems
    (tmp_path / "r.txt").write_text("--pre\ndemo\n")
    assert not run_resolve(tmp_path, tmp_path / "r.txt", target=OLD, index_url=index.url).problems


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
def test_files_of_different_times(tmp_path: Path, folder: Path) -> None:
    """A release is not held back by the target if its file for that came after the time given."""
    make_wheel(folder, "top", "1.0")
    make_wheel(folder, "top", "2.0", requires=["demo>=2"])
    for version in ("1.0", "2.0"):
        late = make_wheel(folder, "demo", version, tag="cp311-cp311-manylinux_2_17_x86_64")
        make_wheel(folder, "demo", version, tag="cp312-cp312-manylinux_2_17_x86_64")
    with IndexServer(folder, listing=Listing(upload_time={late.name: "2025-06-01T00:00:00Z"})) as index:
        resolution = run_resolve(
            tmp_path, ["top", "demo"], target=OLD, index_url=index.url, uploaded_prior_to="2025-01-01"
        )
    assert pins(resolution) == {"top": "1.0", "demo": "1.0"}
    assert not resolution.problems


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
