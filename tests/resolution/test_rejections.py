"""Which releases need what the target cannot have. (Pure.)"""

from __future__ import annotations

from typing import Any

import pytest
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from lambda_wheels.resolution.rejections import rejections
from lambda_wheels.targets import Target

OLD = Target("python3.11", "x86_64")
DEMO = (canonicalize_name("demo"), Version("2.0"))
HELPER = canonicalize_name("helper")
Row = tuple[str, str, str, str, str]
FITS: Row = ("helper-3.0-py3-none-any.whl", "candidate", "", "", "")
ARM: Row = ("helper-2.0-py3-none-manylinux_2_17_aarch64.whl", "platform_mismatch", "", "", "")
CONSTRAINED: Row = ("helper-4.0-py3-none-any.whl", "candidate", "", "", "")
PRE: Row = ("helper-3.0rc1-py3-none-any.whl", "candidate", "", "", "")
YANKED: Row = ("helper-3.0-py3-none-any.whl", "candidate", "", "yanked", "")
LATE: Row = ("helper-2.0-py3-none-any.whl", "upload_too_late", "", "", "")


def want(specifier: str, *, python: bool = False) -> dict[str, Any]:
    """What somebody wants."""
    project = "<Python from Requires-Python>" if python else "helper"
    return {"project": project, "requirement": "", "specifier": specifier, "python": python, "parent": "demo 2.0"}


@pytest.mark.parametrize(
    ("wants", "rows", "words"),
    [
        pytest.param(
            [want(">=2")],
            [ARM],
            "needs helper>=2, of which 2.0 has wheels for aarch64, none for x86_64",
            id="nothing that fits",
        ),
        pytest.param(
            [want(">=2"), want("<3")],
            [FITS, ARM],
            "needs helper<3,>=2, of which 2.0 has wheels for aarch64, none for x86_64",
            id="nothing that fits of what all want",
        ),
        pytest.param([want(">=2"), want("<2")], [ARM], None, id="a conflict"),
        pytest.param([want(">=2")], [FITS, ARM], None, id="something fits"),
        pytest.param(
            [want(">=2")],
            [PRE, YANKED, ARM],
            "needs helper>=2, of which 2.0 has wheels for aarch64, none for x86_64",
            id="only what pip does not take fits",
        ),
        pytest.param([want(">=2")], [LATE], None, id="later than allowed"),
        pytest.param(
            [want(">=2")],
            [CONSTRAINED, ARM],
            "needs helper>=2, of which 2.0 has wheels for aarch64, none for x86_64",
            id="only what a constraint leaves out fits",
        ),
        pytest.param([want(">=2")], [], None, id="no file"),
        pytest.param(
            [want(">=3.12", python=True)], [], "needs Python >=3.12, python3.11 has 3.11.9", id="another Python"
        ),
        pytest.param([want(">=3.9", python=True)], [], None, id="this Python"),
    ],
)
def test_rejections(wants: list[dict[str, Any]], rows: list[Row], words: str | None) -> None:
    """It is the target's doing where there are releases of what is needed, and none of them fits."""
    told = [{"project": "demo", "version": "2.0", "wants": wants}]
    found = rejections(told, {"helper": rows}, {HELPER: SpecifierSet("!=4.*")}, OLD)
    assert {key: rejection.why for key, rejection in found.items()} == ({} if words is None else {DEMO: words})


def test_what_would_have_it() -> None:
    """The targets that have what is needed are known as well."""
    told = [{"project": "demo", "version": "2.0", "wants": [want(">=2")]}]
    found = rejections(told, {"helper": [ARM]}, {}, OLD)
    assert {target.architecture for target in found[DEMO].targets} == {"arm64"}
    told = [{"project": "demo", "version": "2.0", "wants": [want("==3.12.*", python=True)]}]
    assert rejections(told, {}, {}, OLD)[DEMO].targets == [
        Target("python3.12", "x86_64"),
        Target("python3.12", "arm64"),
    ]


def test_the_first_of_several() -> None:
    """A release that pip rejects again and again has one reason, the first that is the target's doing."""
    told = [
        {"project": "demo", "version": "2.0", "wants": wants}
        for wants in ([want("<2"), want(">=2")], [want(">=2")], [want(">=3.12", python=True)])
    ]
    assert rejections(told, {"helper": [ARM]}, {}, OLD)[DEMO].why.startswith("needs helper>=2")
