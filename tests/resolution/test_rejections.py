"""Which releases need what the target cannot have. (Pure.)"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from lambda_wheels.resolution.rejections import Rejections, rejection_of, rejections
from lambda_wheels.targets import Target

OLD = Target("python3.11", "x86_64")
DEMO, HELPER = canonicalize_name("demo"), canonicalize_name("helper")
TWO = Version("2.0")
Row = tuple[str, str, str, str, str]
FITS: Row = ("helper-3.0-py3-none-any.whl", "candidate", "", "", "")
ARM: Row = ("helper-2.0-py3-none-manylinux_2_17_aarch64.whl", "platform_mismatch", "", "", "")
CONSTRAINED: Row = ("helper-4.0-py3-none-any.whl", "candidate", "", "", "")
PRE: Row = ("helper-3.0rc1-py3-none-any.whl", "candidate", "", "", "")
YANKED: Row = ("helper-3.0-py3-none-any.whl", "candidate", "", "yanked", "")
LATE: Row = ("helper-2.0-py3-none-any.whl", "upload_too_late", "", "", "")
LATE_ARM: Row = (ARM[0], "upload_too_late", "", "", "")
DEEP: Row = ("deep-2.0-cp312-cp312-manylinux_2_17_x86_64.whl", "platform_mismatch", "", "", "")
DEEP_FITS: Row = ("deep-3.0-py3-none-any.whl", "candidate", "", "", "")
NO_ARM = "2.0 has wheels for aarch64, none for x86_64"


def release(*needs: str, name: str = "demo 2.0", python: str = "", extras: Sequence[str] = ()) -> dict[str, Any]:
    """What the runner tells of a release; a need is ``helper[extra] >=2``."""
    told = []
    for need in needs:
        what, _, specifier = need.partition(" ")
        project, _, extra = what.rstrip("]").partition("[")
        told.append({"project": project, "specifier": specifier, "extras": [extra] if extra else []})
    project, version = name.split()
    return {"project": project, "version": version, "extras": [*extras], "python": python, "needs": told}


def judged(
    dropped: Sequence[dict[str, Any]],
    rows: Sequence[Row],
    others: str = "",
    prereleases: Sequence[str] = (),
) -> Rejections:
    """What is rejected where ``others`` want some versions of helper, and a constraint leaves out another."""

    def wanted(project: NormalizedName, parent: str) -> tuple[SpecifierSet, SpecifierSet]:
        return (SpecifierSet(others), SpecifierSet("!=4.*")) if project == HELPER else (SpecifierSet(), SpecifierSet())

    needed = {name: [row for row in rows if row[0].startswith(f"{name}-")] for name in ("helper", "deep", "demo")}
    return rejections(dropped, needed, wanted, OLD, prereleases)


@pytest.mark.parametrize(
    ("rows", "others", "words"),
    [
        pytest.param([ARM], "", f"needs helper>=2, of which {NO_ARM}", id="nothing that fits"),
        pytest.param([FITS, ARM], "<3", f"needs helper<3,>=2, of which {NO_ARM}", id="nothing of what all want"),
        pytest.param([ARM], "<2", None, id="a conflict"),
        pytest.param([FITS, ARM], "", None, id="something fits"),
        pytest.param([YANKED, ARM], "", f"needs helper>=2, of which {NO_ARM}", id="only what was withdrawn fits"),
        pytest.param([PRE, ARM], "", None, id="a pre-release fits, which pip takes where no final release does"),
        pytest.param([LATE], "", None, id="later than allowed"),
        pytest.param([LATE, ARM], "", None, id="what would fit came later than allowed"),
        pytest.param([LATE_ARM], "", None, id="later than allowed, and not fitting"),
        pytest.param([CONSTRAINED, ARM], "", f"needs helper>=2, of which {NO_ARM}", id="a constraint leaves out"),
        pytest.param([], "", None, id="no file"),
    ],
)
def test_what_it_needs(rows: list[Row], others: str, words: str | None) -> None:
    """It is the target's doing where there are releases of what is needed, and none of them fits."""
    found = judged([release("helper >=2")], rows, others)
    assert [reason.why for reason in found.values()] == ([] if words is None else [words])


@pytest.mark.parametrize(
    ("python", "words"),
    [
        pytest.param(">=3.12", ["needs Python >=3.12, python3.11 has 3.11.9"], id="another"),
        pytest.param(">=3.9", [], id="this"),
        pytest.param("", [], id="any"),
    ],
)
def test_python_in_the_metadata(python: str, words: list[str]) -> None:
    """Its metadata can say that a release is for another Python where the index does not."""
    assert [reason.why for reason in judged([release(python=python)], []).values()] == words


HELPER_2: Row = ("helper-2.0-py3-none-any.whl", "candidate", "", "", "")


@pytest.mark.parametrize(
    ("dropped", "rows", "words"),
    [
        pytest.param(
            [release("deep >=2", name="helper 2.0")],
            [HELPER_2, DEEP],
            "needs helper>=2, of which 2.0 needs deep>=2, of which 2.0 has wheels for cp312, none for cp311",
            id="two steps",
        ),
        pytest.param(
            [release(name="helper 2.0", python=">=3.12")],
            [HELPER_2],
            "needs helper>=2, of which 2.0 needs Python >=3.12, python3.11 has 3.11.9",
            id="another Python",
        ),
        pytest.param([release("deep >=2", name="helper 2.0")], [HELPER_2, DEEP, DEEP_FITS], None, id="it can be had"),
        pytest.param([release("deep >=2", name="helper 2.0")], [HELPER_2, FITS, DEEP], None, id="not looked at"),
        pytest.param([release("deep >=9", name="helper 2.0")], [HELPER_2, DEEP], None, id="there is none"),
        pytest.param(
            [release("deep >=2", name="helper 2.0"), release("deep <3", name="helper 3.0")],
            [FITS, HELPER_2, DEEP],
            "needs helper>=2, of which 3.0 needs deep<3, of which 2.0 has wheels for cp312, none for cp311",
            id="all of several",
        ),
        pytest.param(
            [release("deep >=2", name="helper 2.0"), release("deep >=9", name="helper 3.0")],
            [FITS, HELPER_2, DEEP],
            "needs helper>=2, of which 2.0 needs deep>=2, of which 2.0 has wheels for cp312, none for cp311",
            id="all but what nobody can have",
        ),
        pytest.param(
            [release("deep >=2", "demo >=3", name="helper 2.0")],
            [HELPER_2, DEEP, ("demo-2.0-py3-none-any.whl", "candidate", "", "", "")],
            None,
            id="what nobody can have",
        ),
        pytest.param(
            [release("deep >=2", "demo ==2.0", name="helper 2.0")],
            [HELPER_2, DEEP],
            "needs helper>=2, of which 2.0 needs deep>=2, of which 2.0 has wheels for cp312, none for cp311",
            id="in a circle",
        ),
    ],
)
def test_step_by_step(dropped: list[dict[str, Any]], rows: list[Row], words: str | None) -> None:
    """What is needed may fit itself and need what does not; only what pip looked at is known to."""
    found = judged([release("helper >=2"), *dropped], rows)
    reason = found.get((DEMO, TWO, frozenset()))
    assert (reason.why if reason else None) == words


def test_an_extra() -> None:
    """What an extra needs holds back what wants that extra, and nothing else."""
    extra = frozenset({canonicalize_name("fast")})
    dropped = [
        release("helper[fast] >=2"),
        release("deep", name="helper 2.0", extras=["fast"]),
        release("helper >=2", name="other 1.0"),
    ]
    found = judged(dropped, [HELPER_2, DEEP])
    assert {(name, version, extras) for name, version, extras in found} == {
        (DEMO, TWO, frozenset()),
        (HELPER, TWO, extra),
    }
    assert found[DEMO, TWO, frozenset()].why.startswith("needs helper[fast]>=2, of which 2.0 needs deep, of which 2.0 ")
    assert rejection_of(found, HELPER, TWO, []) is None
    assert rejection_of(found, HELPER, TWO, [extra]) is not None


def test_a_conflict_as_well() -> None:
    """What could not be had on any target is not held back by this one, whatever else it needs."""
    assert judged([release("helper >=2", "deep")], [ARM, DEEP])
    assert not judged([release("helper >=2", "deep")], [ARM, DEEP], "<2")


@pytest.mark.parametrize("allowed", [":all:", "helper"])
def test_pre_releases_that_are_allowed(allowed: str) -> None:
    """Where pre-releases are taken like others, one that pip did not look at may do."""
    rows = [HELPER_2, PRE, DEEP]
    dropped = [release("helper >=2"), release("deep", name="helper 2.0")]
    assert (DEMO, TWO, frozenset()) in judged(dropped, rows)
    assert (DEMO, TWO, frozenset()) not in judged(dropped, rows, prereleases=[allowed])


def test_what_would_have_it() -> None:
    """The targets that have everything that is needed are known as well."""
    [found] = judged([release("helper >=2")], [ARM]).values()
    assert {target.architecture for target in found.targets} == {"arm64"}
    [found] = judged([release(python="==3.12.*")], []).values()
    assert found.targets == [Target("python3.12", "x86_64"), Target("python3.12", "arm64")]
    [found] = judged([release("helper >=2", python="==3.12.*")], [ARM]).values()
    assert found.targets == [Target("python3.12", "arm64")]
