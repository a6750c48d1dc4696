"""Why nothing of a project could be chosen. (Pure.)"""

from __future__ import annotations

import pytest

from lambda_wheels.resolution.fitting import passed_over
from lambda_wheels.resolution.missing_wheels import explain, has_candidates
from lambda_wheels.targets import Target

TARGET = Target("python3.11", "x86_64")
Row = tuple[str, str, str, str, str]
FITS: Row = ("demo-1.0-py3-none-any.whl", "candidate", "", "", "")
YANKED: Row = ("demo-1.5-py3-none-any.whl", "candidate", "", "yanked", "")
PRE: Row = ("demo-2.0rc1-py3-none-any.whl", "candidate", "", "", "")
SDIST: Row = ("demo-1.0.tar.gz", "format_forbidden", "", "", "")
NEWER_SDIST: Row = ("demo-3.0.zip", "format_forbidden", "", "", "")
NEW_GLIBC: Row = ("demo-3.0-cp311-cp311-manylinux_2_28_x86_64.whl", "platform_mismatch", "", "", "")
ARM: Row = ("demo-3.0-cp311-cp311-manylinux_2_17_aarch64.whl", "platform_mismatch", "", "", "")
WINDOWS: Row = ("demo-3.0-cp312-cp312-win_amd64.whl", "platform_mismatch", "", "", "")
NEW_PYTHON: Row = ("demo-4.0-py3-none-any.whl", "requires_python_mismatch", ">=3.12", "", "")
NEW_PYTHON_NATIVE: Row = ("demo-4.0-cp312-cp312-manylinux_2_17_x86_64.whl", "platform_mismatch", ">=3.12", "", "")
OTHER_PYTHON: Row = ("demo-3.0-cp312-cp312-manylinux_2_17_x86_64.whl", "platform_mismatch", "", "", "")
FREE_THREADED: Row = ("demo-1.0-cp313-cp313t-manylinux_2_17_x86_64.whl", "platform_mismatch", "", "", "")
LATE: Row = ("demo-5.0-py3-none-any.whl", "upload_too_late", "", "", "2026-11-20T10:00:00+00:00")
LATE_ARM: Row = (ARM[0], "upload_too_late", "", "", "2026-11-20T10:00:00+00:00")
NO_FILE: Row = ("demo-5.0.exe", "format_unsupported", "", "", "")


@pytest.mark.parametrize(
    ("rows", "specifier", "rule", "words"),
    [
        pytest.param([], "", "no-such-project", ["spelling"], id="no file"),
        pytest.param([NO_FILE], "", "no-such-project", [], id="no file that is a distribution"),
        pytest.param([FITS], ">=7", "no-such-version", [">=7", "1.0"], id="version"),
        pytest.param([FITS, SDIST, PRE], "==7", "no-such-version", ["1.0"], id="version, with a pre-release"),
        pytest.param(
            [SDIST], "", "only-sdist", ["1.0", "pip wheel --no-deps", "--find-links wheels", "demo==1.0"], id="sdist"
        ),
        pytest.param([SDIST, NEWER_SDIST], "", "only-sdist", ["demo==3.0"], id="newest sdist"),
        pytest.param([FITS, NEWER_SDIST], ">1", "only-sdist", ["3.0"], id="sdist of the version asked for"),
        pytest.param(
            [NEW_GLIBC, ARM, WINDOWS, FITS],
            ">=2",
            "no-fitting-wheel",
            ["3.0 needs glibc 2.28, python3.11 has 2.26; the newest that fits is 1.0, or build for arm64"],
            id="glibc",
        ),
        pytest.param(
            [ARM, WINDOWS],
            "",
            "no-fitting-wheel",
            ["3.0 has wheels of cp311 for aarch64, none for x86_64; build for arm64"],
            id="machine",
        ),
        pytest.param([WINDOWS], "", "no-fitting-wheel", ["no wheel for Linux", "Windows"], id="Windows"),
        pytest.param([FREE_THREADED], "", "no-fitting-wheel", ["cp313t", "none for cp311"], id="ABI"),
        pytest.param(
            [WINDOWS, NEWER_SDIST], "", "no-fitting-wheel", ["pip wheel", "demo==3.0"], id="Windows and source"
        ),
        pytest.param(
            [OTHER_PYTHON],
            "",
            "no-fitting-wheel",
            ["3.0 has wheels for cp312, none for cp311; build for python3.12"],
            id="another Python",
        ),
        pytest.param(
            [NEW_PYTHON],
            "",
            "requires-python",
            ["4.0 needs Python >=3.12, python3.11 has 3.11.9; build for python3.12 or newer"],
            id="Python",
        ),
        pytest.param([NEW_PYTHON_NATIVE], "", "requires-python", [">=3.12"], id="Python, told by tags first"),
        pytest.param([YANKED], "", "only-yanked", ["demo==1.5"], id="yanked"),
        pytest.param([PRE], "<3", "only-prereleases", ["2.0rc1", "--pre"], id="pre-release"),
        pytest.param([LATE], "", "too-new", ["5.0", "2026-11-20", "--uploaded-prior-to"], id="late"),
        pytest.param([LATE_ARM], "", "no-fitting-wheel", ["for aarch64, none for x86_64"], id="late, and not fitting"),
    ],
)
def test_explain(rows: list[Row], specifier: str, rule: str, words: list[str]) -> None:
    """The reason is told by its rule, with what was found and what to try."""
    problem = explain("demo", specifier, "", passed_over("demo", rows), TARGET)
    assert problem.rule == rule
    assert problem.project == "demo"
    line = str(problem)
    for word in words:
        assert word in line
    assert "needed by" not in line


@pytest.mark.parametrize(
    ("rows", "specifier"),
    [
        pytest.param([WINDOWS], "", id="no source at all"),
        pytest.param([WINDOWS, SDIST], "", id="source of another version"),
        pytest.param([WINDOWS, ("demo-4.0.tar.gz", "format_forbidden", "", "", "")], "", id="source of a newer one"),
        pytest.param([(*NEW_PYTHON[:2], ">=3.99", "", "")], "", id="a Python that no runtime has"),
    ],
)
def test_nothing_to_try(rows: list[Row], specifier: str) -> None:
    """What cannot be done is not proposed: to build what has no source of that very version, or what fits nothing."""
    assert explain("demo", specifier, "", passed_over("demo", rows), TARGET).hint is None


@pytest.mark.parametrize(
    ("rows", "hint"),
    [
        pytest.param([NEW_GLIBC, ARM, FITS], "build for arm64", id="wheels"),
        pytest.param([NEW_GLIBC, FITS], None, id="wheels for nothing else"),
        pytest.param([NEW_PYTHON, FITS], "build for python3.12 or newer", id="Python"),
    ],
)
def test_what_fits_is_not_wanted(rows: list[Row], hint: str | None) -> None:
    """A version that fits is not named to whom something else asks for the project, and forbids it."""
    assert explain("demo", ">=2", "top 1.0", passed_over("demo", rows), TARGET).hint == hint
    alone = explain("demo", ">=2", "", passed_over("demo", rows), TARGET).hint or ""
    assert alone.startswith("the newest that fits is 1.0")


def test_what_came_late_is_no_way_out() -> None:
    """A wheel for another target that came later than allowed is nothing to build for."""
    assert explain("demo", "", "", passed_over("demo", [LATE_ARM]), TARGET).hint is None


def test_wanted_by() -> None:
    """It is told who needs the project."""
    assert "(needed by top 1.0)" in str(explain("demo", "", "top 1.0", [], TARGET))


@pytest.mark.parametrize(
    ("rows", "specifier", "expected"),
    [
        pytest.param([FITS], "", True, id="fits"),
        pytest.param([FITS], ">=2", False, id="version"),
        pytest.param([YANKED], "", False, id="yanked"),
        pytest.param([NEW_GLIBC, SDIST, LATE], "", False, id="passed over"),
        pytest.param([], "", False, id="none"),
        pytest.param([FITS], "what is this", True, id="specifier that cannot be read"),
    ],
)
def test_has_candidates(rows: list[Row], specifier: str, expected: bool) -> None:
    """A candidate is a wheel that fits, satisfies the specifier and was not withdrawn."""
    assert has_candidates(passed_over("demo", rows), specifier) is expected


def test_many_versions_are_cut_short() -> None:
    """Of many versions only the newest are named."""
    rows: list[Row] = [(f"demo-{number}.0-py3-none-any.whl", "candidate", "", "", "") for number in range(1, 30)]
    problem = explain("demo", ">99", "", passed_over("demo", rows), TARGET)
    assert str(problem).endswith("the newest are 29.0, 28.0, 27.0, 26.0, 25.0")
