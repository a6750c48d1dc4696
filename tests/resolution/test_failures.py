"""pip's failures in our words, from hand-written events. (Pure.)"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from lambda_wheels import resolution
from lambda_wheels.errors import (
    IndexUnavailableError,
    LambdaWheelsError,
    OutputError,
    PipError,
    ResolutionError,
    UsageError,
)
from lambda_wheels.resolution import failures, refusals
from lambda_wheels.resolution.child import PipRun
from lambda_wheels.resolution.failures import failure
from lambda_wheels.rules import RULES
from lambda_wheels.targets import Target
from tests.resolution.test_index_failures import page

TARGET = Target("python3.13", "arm64")


def failed(name: str, *ancestors: str, **fields: Any) -> dict[str, Any]:
    """The runner's last word."""
    base = {"class": name, "ancestors": [name, *ancestors, "Exception"], "message": "", "requirement": ""}
    return {"event": "failed", **base, "causes": [], "files": {}, **fields}


def cause(
    project: str, specifier: str = "", parent: str = "", *, python: bool = False, direct: bool = False
) -> dict[str, Any]:
    """One side of what cannot be had together."""
    return {
        "project": project,
        "requirement": f"{project}{specifier}",
        "specifier": "" if direct else specifier,
        "python": python,
        "direct": direct,
        "parent": parent,
    }


def refused(rule: str, subject: str = "x", where: str = "") -> dict[str, Any]:
    """What the runner refused."""
    return {"event": "refused", "rule": rule, "subject": subject, "where": where}


def constraint(name: str, specifier: str) -> dict[str, Any]:
    """A line of a constraint file."""
    return {"event": "requirement", "name": name, "specifier": specifier, "constraint": True}


FILE = {"event": "request", "url": "https://h.example/demo.whl", "status": 500, "error": "", "detail": ""}
PROGRAM = {"event": "program", "name": "git"}
HARMLESS = {"event": "program", "name": "rustc"}
FITS = ["demo-1.0-py3-none-any.whl", "candidate", "", "", ""]
CONFLICT = failed(
    "DistributionNotFound",
    "InstallationError",
    causes=[cause("demo", "<2", "a 1.0"), cause("demo", ">=1", "b 1.0"), cause("demo", "")],
    files={"demo": [FITS]},
)
MISSING = failed("DistributionNotFound", "InstallationError", causes=[cause("demo")], files={"demo": []})


@pytest.mark.parametrize(
    ("events", "kind", "rule", "words"),
    [
        pytest.param([refused("editable")], ResolutionError, "editable", ["-e", "pip wheel"], id="editable"),
        pytest.param(
            [refused("not-a-wheel", "https://u:sesame@h/x.zip")],
            ResolutionError,
            "not-a-wheel",
            ["h/x.zip"],
            id="sdist",
        ),
        pytest.param([refused("url-credentials")], ResolutionError, "url-credentials", ["netrc"], id="credentials"),
        pytest.param([refused("no-binary", ":all:")], ResolutionError, "no-binary", [":all:"], id="no-binary"),
        pytest.param(
            [refused("variable", "${X}", "r.txt")], ResolutionError, "variable", ["${X} (r.txt)"], id="variable"
        ),
        pytest.param([refused("bad-requirement")], ResolutionError, "bad-requirement", ["another project"], id="name"),
        pytest.param([refused("bad-index-url")], ResolutionError, "bad-index-url", ["https://"], id="index URL"),
        pytest.param([refused("no-requirement")], ResolutionError, "no-requirement", ["empty"], id="no requirement"),
        pytest.param(
            [page(500), refused("variable")], ResolutionError, "variable", [], id="refused before a page failed"
        ),
        pytest.param(
            [page(500), MISSING], IndexUnavailableError, "index-failed", [], id="page failed, so nothing is missing"
        ),
        pytest.param([page(404), MISSING], ResolutionError, "no-such-project", ["demo"], id="missing"),
        pytest.param(
            [FILE, failed("NetworkConnectionError", "PipError")], IndexUnavailableError, "file-failed", [], id="file"
        ),
        pytest.param([FILE, MISSING], ResolutionError, "no-such-project", [], id="missing rather than a file"),
        pytest.param(
            [CONFLICT],
            ResolutionError,
            "conflict",
            ["a 1.0 asks for demo<2", "b 1.0 asks for demo>=1", "you ask for demo"],
            id="conflict",
        ),
        pytest.param(
            [failed("DistributionNotFound", causes=[cause("x", " 1.0", direct=True), cause("x", ">2", "b 1.0")])],
            ResolutionError,
            "conflict",
            ["you ask for x 1.0", "b 1.0 asks for x>2", "loosen"],
            id="conflict with a wheel of one's own, of which no index was asked",
        ),
        pytest.param(
            [constraint("Demo", "==3"), constraint("x", "==1"), CONFLICT],
            ResolutionError,
            "conflict",
            ["a constraint says Demo==3"],
            id="conflict with a constraint",
        ),
        pytest.param(
            [failed("UnsupportedPythonVersion", causes=[cause("<Python>", ">=3.14", "demo 1.0", python=True)])],
            ResolutionError,
            "requires-python",
            ["demo 1.0 needs Python >=3.14", "3.13.0"],
            id="Requires-Python in metadata",
        ),
        pytest.param(
            [PROGRAM, failed("BadCommand", "PipError")], ResolutionError, "program-refused", ["git"], id="program"
        ),
        pytest.param([HARMLESS, failed("X")], PipError, "pip-failed", ["X"], id="harmless program"),
        pytest.param(
            [failed("HashMismatch", "HashError", requirement="demo==1")],
            ResolutionError,
            "hash-mismatch",
            ["demo==1"],
            id="hash",
        ),
        pytest.param(
            [failed("HashUnpinned", "HashError", requirement="demo")],
            ResolutionError,
            "hash-missing",
            ["=="],
            id="unpinned",
        ),
        pytest.param(
            [failed("HashMissing", "HashError", message="m\nn")], ResolutionError, "hash-missing", ["(m)"], id="no hash"
        ),
        pytest.param(
            [failed("UnsupportedWheel", message="m")], ResolutionError, "no-fitting-wheel", [str(TARGET)], id="tags"
        ),
        pytest.param([failed("ResolutionTooDeepError")], ResolutionError, "resolution-too-deep", [], id="too deep"),
        pytest.param([failed("Sub", "MetadataInvalid")], ResolutionError, "wheel-metadata", [], id="subclass"),
        pytest.param(
            [failed("PermissionError", "OSError", message="no")], OutputError, "disk-failed", ["no"], id="disk"
        ),
        pytest.param(
            [failed("Y", "InstallationError", message="why")],
            ResolutionError,
            "pip-refused",
            ["why"],
            id="other refusal",
        ),
        pytest.param([failed("KeyError", message="k")], PipError, "pip-failed", ["KeyError", "k"], id="crash"),
        pytest.param([], PipError, "pip-failed", ["code 1", "last words"], id="no event"),
    ],
)
def test_failure(events: list[dict[str, Any]], kind: type[LambdaWheelsError], rule: str, words: list[str]) -> None:
    """Each failure has an error of the right kind, its rule, and says what to try."""
    error = failure(PipRun(code=1, events=tuple(events), words="first words\n\nERROR: last words\n"), TARGET)
    assert type(error) is kind
    [problem] = error.problems
    assert problem.rule == rule
    for word in words:
        assert word in str(problem)
    assert "sesame" not in str(problem)
    assert "\n" not in str(problem)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        pytest.param(2, UsageError, id="options that it does not take"),
        pytest.param(3, PipError, id="another code"),
        pytest.param(-9, PipError, id="killed"),
    ],
)
def test_no_event(code: int, kind: type[LambdaWheelsError]) -> None:
    """A pip that ends without an event is wrong usage only if pip says so by its exit code."""
    error = failure(PipRun(code=code, events=(), words=""), TARGET)
    assert type(error) is kind
    assert kind is UsageError or f"code {code}" in str(error)


def test_satisfied_requires_python_is_no_reason() -> None:
    """A Requires-Python that the target satisfies is no reason, though pip names it among others."""
    causes = [cause("<Python>", ">=3.9", "a 1.0", python=True), cause("demo", ">=2")]
    event = failed("DistributionNotFound", causes=causes, files={"demo": [FITS]})
    error = failure(PipRun(code=1, events=(event,), words=""), TARGET)
    assert [problem.rule for problem in error.problems] == ["no-such-version"]


@pytest.mark.parametrize(
    ("specifier", "versions", "hint"),
    [
        pytest.param(">=3.14", [], "build for python3.14 or newer", id="another runtime"),
        pytest.param(">=3.14", ["1.0", "2.0"], "build for python3.14 or newer", id="no older one"),
        pytest.param(">=3.14", ["0.9"], "ask for an older version, or build for python3.14 or newer", id="either"),
        pytest.param(">=3.99", ["0.9"], "ask for an older version", id="an older one"),
        pytest.param(">=3.99", [], None, id="neither"),
    ],
)
def test_what_needs_another_python(specifier: str, versions: list[str], hint: str | None) -> None:
    """Where the metadata say which Python is needed, only what there is, is proposed."""
    causes = [cause("<Python>", specifier, f"demo[extra] {version}", python=True) for version in ("1.0", "2.0")]
    files = {"demo": [[f"demo-{version}-py3-none-any.whl", "candidate", "", "", ""] for version in versions]}
    event = failed("UnsupportedPythonVersion", causes=causes, files=files)
    [problem] = failure(PipRun(code=1, events=(event,), words=""), TARGET).problems
    assert problem.hint == hint


def test_every_rule_that_is_used_stands_in_the_table() -> None:
    """A finding is never lost to a rule without a meaning: all that this room can find has one."""
    text = "".join(path.read_text(encoding="utf-8") for path in Path(resolution.__file__).parent.glob("*.py"))
    named = set(re.findall(r'rule="([a-z-]+)"', text)) | set(re.findall(r'refuse\(\s*"([a-z-]+)"', text))
    named |= (
        set(refusals.REASONS)
        | {rule for rule, _, _ in refusals.SEVERAL_REASONS.values()}
        | {rule for rule, _, _ in failures._PIP_ERRORS.values()}
    )
    named |= set(re.findall(r'problem\(\s*"([a-z-]+)"', text))
    named |= {f"{kind}-{how}" for kind in ("index", "file") for how in ("refused", "failed", "unreachable")}
    assert len(named) > 40
    assert named - set(RULES) == set()


def test_complaint_over_several_lines() -> None:
    """What pip says of an option is broken into lines after its usage; it is told whole."""
    words = "Usage:\n  pip install [options] <archive url/path> ...\n\n--timeout error: invalid\nvalue: 'soon'\n"
    error = failure(PipRun(code=2, events=(), words=words), TARGET)
    assert str(error).endswith("given: --timeout error: invalid value: 'soon'")


def test_many_versions_in_vain() -> None:
    """pip tries one version of a project after the other: the newest speaks for all that met the same failure."""
    causes = [
        {
            "project": "deep",
            "requirement": "deep",
            "specifier": "",
            "python": False,
            "direct": False,
            "parent": f"demo 1.{minor}",
        }
        for minor in (2, 10, 1)
    ]
    events = [failed("DistributionNotFound", causes=causes, files={"deep": []})]
    [problem] = failure(PipRun(code=1, events=tuple(events), words=""), TARGET).problems
    assert (problem.rule, problem.project) == ("no-such-project", "deep")
    assert "demo 1.10 (and 2 older)" in str(problem)
