"""Which targets a release fits, and why not one of them. (Pure.)"""

from __future__ import annotations

import pytest

from lambda_wheels.resolution.fitting import fitting_targets, instead, passed_over, why_not
from lambda_wheels.targets import Target

OLD = Target("python3.11", "x86_64")
TAGS = {
    "glibc": "cp311-cp311-manylinux_2_28_x86_64",
    "older glibc": "cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64",
    "old glibc": "cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64",
    "arm": "cp311-cp311-manylinux_2_17_aarch64",
    "other machine": "cp311-cp311-manylinux_2_17_ppc64le",
    "new Python": "cp313-cp313-manylinux_2_17_x86_64",
    "abi3": "cp312-abi3-manylinux_2_17_x86_64",
    "free-threaded": "cp313-cp313t-manylinux_2_17_x86_64",
    "Windows": "cp311-cp311-win_amd64",
    "macOS": "cp311-cp311-macosx_11_0_arm64",
    "musl": "cp311-cp311-musllinux_1_2_x86_64",
    "any": "py3-none-any",
    "Python 2": "py2-none-any",
    "one Python": "cp313-none-any",
}


@pytest.mark.parametrize(
    ("tags", "requires_python", "words"),
    [
        pytest.param([], "", "has no wheel, only a source distribution", id="source alone"),
        pytest.param(["glibc", "Windows"], "", "needs glibc 2.28, python3.11 has 2.26", id="glibc"),
        pytest.param(["glibc", "older glibc"], "", "needs glibc 2.27, python3.11 has 2.26", id="the oldest glibc"),
        pytest.param(["glibc"], ">=3.12", "needs Python >=3.12, python3.11 has 3.11.9", id="Requires-Python"),
        pytest.param(["arm", "Windows"], "", "has wheels of cp311 for aarch64, none for x86_64", id="machine"),
        pytest.param(
            ["arm", "other machine"], "", "has wheels of cp311 for aarch64 and ppc64le, none for x86_64", id="machines"
        ),
        pytest.param(["new Python", "free-threaded"], "", "has wheels for cp313, none for cp311", id="another Python"),
        pytest.param(["new Python", "abi3"], "", "has wheels for cp313 and cp312, none for cp311", id="other Pythons"),
        pytest.param(["Python 2"], "", "has wheels for py2, none for cp311", id="Python 2 alone"),
        pytest.param(["one Python"], "", "has wheels for cp313, none for cp311", id="another Python, any platform"),
        pytest.param(["free-threaded"], "", "has wheels for cp313t, none for cp311", id="free-threaded alone"),
        pytest.param(
            ["Windows", "macOS", "musl"],
            "",
            "has no wheel for Linux with glibc, only for Linux with musl, Windows and macOS",
            id="other systems",
        ),
    ],
)
def test_why_not(tags: list[str], requires_python: str, words: str) -> None:
    """The reason is told in terms of the target: Requires-Python first, then system, Python, machine and glibc."""
    rows = [(f"demo-1.0-{TAGS[tag]}.whl", "platform_mismatch", requires_python, "", "") for tag in tags]
    files = passed_over("demo", [*rows, ("demo-1.0.tar.gz", "format_unsupported", requires_python, "", "")])
    assert why_not(files, OLD) == words


def test_files_that_need_different_pythons() -> None:
    """A wheel whose tags fit but which is for another Python does not speak for one that is for this Python."""
    rows = [
        (f"demo-1.0-{TAGS['old glibc']}.whl", "requires_python_mismatch", ">=3.12", "", ""),
        (f"demo-1.0-{TAGS['glibc']}.whl", "platform_mismatch", ">=3.9", "", ""),
    ]
    assert why_not(passed_over("demo", rows), OLD) == "needs glibc 2.28, python3.11 has 2.26"


@pytest.mark.parametrize(
    ("tags", "requires_python", "words"),
    [
        pytest.param(["glibc"], "", "", id="a glibc that no runtime of this Python has"),
        pytest.param(["arm"], "", "arm64", id="the other architecture"),
        pytest.param(["new Python"], "", "python3.13", id="one runtime"),
        pytest.param(["abi3"], "", "python3.12 or newer", id="from one on"),
        pytest.param(["abi3"], "<3.14", "python3.12 to python3.13", id="a span"),
        pytest.param(["abi3"], "!=3.13.*", "python3.12 or python3.14 or python3.15", id="with a gap"),
        pytest.param(["arm", "new Python"], "", "python3.13", id="a runtime rather than an architecture"),
        pytest.param(["any"], "<3.10", "python3.9", id="an older one"),
    ],
)
def test_instead(tags: list[str], requires_python: str, words: str) -> None:
    """What could be built for instead is told, other runtimes of the same architecture first."""
    rows = [(f"demo-1.0-{TAGS[tag]}.whl", "platform_mismatch", requires_python, "", "") for tag in tags]
    assert instead(fitting_targets(passed_over("demo", rows)), OLD) == words


def test_another_runtime_on_another_architecture() -> None:
    """Where neither runtime nor architecture alone would do, a whole target is named, the newest."""
    rows = [(f"demo-1.0-cp3{minor}-cp3{minor}-manylinux_2_17_aarch64.whl", "", "", "", "") for minor in (12, 13)]
    assert instead(fitting_targets(passed_over("demo", rows)), OLD) == "python3.13 on arm64"


def test_rubbish_on_a_page() -> None:
    """What is no distribution is left out."""
    rows = [(name, "format_unsupported", "", "", "") for name in ("demo.exe", "demo-1.0.whl", "demo-x.tar.gz", "")]
    assert passed_over("demo", rows) == []


def test_a_page_of_many_projects() -> None:
    """Files of other projects, which a page of links can list, are left out."""
    rows = [(name, "different_project", "", "", "") for name in ("other-9.0-py3-none-any.whl", "demo_two-9.0.tar.gz")]
    assert passed_over("demo", rows) == []
