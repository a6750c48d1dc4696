"""pip's report is held against the target, and refused for each way in which it can be wrong. (Pure.)"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from packaging.utils import canonicalize_name

from lambda_wheels.errors import ResolutionError
from lambda_wheels.problems import Severity
from lambda_wheels.resolution.report import read_report
from lambda_wheels.resolution.resolution import Told
from lambda_wheels.targets import Target

TARGET = Target("python3.13", "arm64")
SHA256 = "ab" * 32


def entry(name: str, filename: str, version: str = "1.0", **metadata: Any) -> dict[str, Any]:
    """One chosen wheel, as pip writes it."""
    return {
        "download_info": {
            "url": f"https://user:sesame@files.example.org/{filename}?token=sesame",
            "archive_info": {"hash": f"sha256={SHA256}", "hashes": {"sha256": SHA256}},
        },
        "is_direct": False,
        "is_yanked": False,
        "requested": True,
        "metadata": {"metadata_version": "2.1", "name": name, "version": version, **metadata},
    }


def report() -> dict[str, Any]:
    """A right report of two wheels."""
    return {
        "version": "1",
        "pip_version": "26.3",
        "install": [
            entry("Needs", "needs-2.0-cp313-cp313-manylinux_2_28_aarch64.whl", "2.0", requires_python=">=3.9"),
            entry("demo", "demo-1.0-py3-none-any.whl", requires_dist=["needs>=2"], provides_extra=["Fast_IO"]),
        ],
        "environment": dict(TARGET.marker_environment),
    }


def asked(name: str = "demo", **fields: Any) -> dict[str, Any]:
    """What the runner tells of a requirement."""
    base = {
        "event": "requirement",
        "name": name,
        "specifier": "",
        "url": "",
        "extras": [],
        "marker": "",
        "constraint": False,
    }
    return base | fields


def test_right_report() -> None:
    """Of a right report comes every wheel, sorted by name, with all that is needed to fetch and check it."""
    resolution = read_report(report(), [asked()], TARGET)
    demo, needs = resolution.wheels
    assert (demo.name, str(demo.version), demo.filename) == ("demo", "1.0", "demo-1.0-py3-none-any.whl")
    assert demo.told == Told(
        requires_dist=("needs>=2",), requires_python="", provides_extra=frozenset({canonicalize_name("fast-io")})
    )
    assert (demo.sha256, demo.index, needs.name, needs.direct) == (SHA256, "", "needs", False)
    assert needs.told is not None
    assert needs.told.requires_python == ">=3.9"
    assert (resolution.target, resolution.problems) == (TARGET, ())
    assert "sesame" not in repr(resolution)


def spoil(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """The right report, changed."""
    changed = copy.deepcopy(report())
    change(changed)
    return changed


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        pytest.param(lambda r: r["environment"].update(platform_machine="x86_64"), ["wrong-environment"], id="machine"),
        pytest.param(
            lambda r: r["environment"].update(python_full_version="3.13.1"), ["wrong-environment"], id="patch"
        ),
        pytest.param(lambda r: r["environment"].update(more=""), ["wrong-environment"], id="one more variable"),
        pytest.param(lambda r: r["environment"].popitem(), ["wrong-environment"], id="one variable less"),
        pytest.param(lambda r: r.pop("environment"), ["wrong-environment"], id="no environment"),
        pytest.param(
            lambda r: r["install"].__setitem__(0, entry("needs", "needs-2.0-cp313-cp313-win_amd64.whl", "2.0")),
            ["wrong-tag"],
            id="Windows",
        ),
        pytest.param(
            lambda r: r["install"].__setitem__(
                0, entry("needs", "needs-2.0-cp313-cp313-manylinux_2_17_x86_64.whl", "2.0")
            ),
            ["wrong-tag"],
            id="other machine",
        ),
        pytest.param(
            lambda r: r["install"].__setitem__(
                0, entry("needs", "needs-2.0-cp313-cp313-manylinux_2_35_aarch64.whl", "2.0")
            ),
            ["wrong-tag"],
            id="newer glibc",
        ),
        pytest.param(
            lambda r: r["install"].__setitem__(
                0, entry("needs", "needs-2.0-cp312-cp312-manylinux_2_17_aarch64.whl", "2.0")
            ),
            ["wrong-tag"],
            id="other Python",
        ),
        pytest.param(
            lambda r: r["install"].__setitem__(
                0, entry("needs", "needs-2.0-cp313-cp313t-manylinux_2_17_aarch64.whl", "2.0")
            ),
            ["wrong-tag"],
            id="free-threaded",
        ),
        pytest.param(lambda r: r["install"][0]["download_info"].pop("archive_info"), ["no-sha256"], id="no hash"),
        pytest.param(
            lambda r: r["install"][0]["download_info"]["archive_info"].update(hashes={"md5": "ab"}),
            ["no-sha256"],
            id="md5",
        ),
        pytest.param(
            lambda r: r["install"][0]["download_info"]["archive_info"]["hashes"].update(sha256="../" + "a" * 61),
            ["no-sha256"],
            id="hash that is none",
        ),
        pytest.param(lambda r: r["install"].pop(0), ["wrong-closure"], id="wheel removed"),
        pytest.param(
            lambda r: r["install"].append(entry("more", "more-1.0-py3-none-any.whl")),
            ["wrong-closure"],
            id="wheel added",
        ),
        pytest.param(lambda r: r["install"].append(r["install"][0]), ["wrong-closure"], id="wheel twice"),
        pytest.param(lambda r: r.update(install=[]), ["wrong-closure"], id="nothing"),
        pytest.param(
            lambda r: r["install"][1]["metadata"].update(requires_dist=["needs>=3"]), ["wrong-closure"], id="version"
        ),
        pytest.param(lambda r: r["install"][1]["metadata"].update(name="other"), ["wheel-metadata"], id="name"),
        pytest.param(
            lambda r: r["install"][1]["metadata"].update(version="1.1"), ["wheel-metadata"], id="metadata version"
        ),
        pytest.param(lambda r: r["install"][1]["metadata"].update(version="x"), ["wheel-filename"], id="no version"),
        pytest.param(
            lambda r: r["install"][1]["download_info"].update(url="https://h.example/demo-1.0.tar.gz"),
            ["wheel-filename"],
            id="sdist",
        ),
        pytest.param(
            lambda r: r["install"][1]["download_info"].update(url="https://h.example/d%C3%A9mo-1.0-py3-none-any.whl"),
            ["wheel-filename"],
            id="accent in the file name",
        ),
        pytest.param(
            lambda r: r["install"][1]["download_info"].update(url="https://h.example/..%2Fdemo-1.0-py3-none-any.whl"),
            ["wheel-filename"],
            id="climbing file name",
        ),
    ],
)
def test_wrong_report(change: Callable[[dict[str, Any]], object], rules: list[str]) -> None:
    """Each thing that does not hold is refused, and its message shows no secret."""
    with pytest.raises(ResolutionError) as caught:
        read_report(spoil(change), [asked()], TARGET)
    assert sorted({problem.rule for problem in caught.value.problems}) == rules
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize(
    ("events", "rules"),
    [
        pytest.param([], ["wrong-closure"], id="nothing asked for"),
        pytest.param([asked("needs")], ["wrong-closure"], id="something else asked for"),
        pytest.param([asked(), asked("more")], ["wrong-closure"], id="more asked for"),
        pytest.param([asked(specifier=">1")], ["wrong-closure"], id="other version asked for"),
        pytest.param([asked(marker='python_version < "3"')], ["wrong-closure"], id="marker that does not hold"),
    ],
)
def test_report_of_other_requirements(events: list[dict[str, Any]], rules: list[str]) -> None:
    """The wheels must be the closure of what was asked for."""
    with pytest.raises(ResolutionError) as caught:
        read_report(report(), events, TARGET)
    assert sorted({problem.rule for problem in caught.value.problems}) == rules


def test_constraint_asks_for_nothing() -> None:
    """A constraint is no requirement."""
    assert read_report(report(), [asked(), asked("absent", constraint=True)], TARGET).wheels


def test_all_problems_at_once() -> None:
    """What is wrong with several wheels is told together."""
    changed = report()
    changed["environment"] = {}
    for item in changed["install"]:
        item["download_info"].pop("archive_info")
    with pytest.raises(ResolutionError) as caught:
        read_report(changed, [asked()], TARGET)
    assert [problem.rule for problem in caught.value.problems] == ["wrong-environment", "no-sha256", "no-sha256"]


def test_yanked() -> None:
    """A yanked wheel is used, with a warning."""
    changed = report()
    changed["install"][0]["is_yanked"] = True
    [problem] = read_report(changed, [asked()], TARGET).problems
    assert (problem.rule, problem.severity, problem.project) == ("yanked", Severity.WARNING, "needs")
