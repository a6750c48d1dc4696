"""What a caller may allow, and what that does to problems. (Pure.)"""

from __future__ import annotations

import pytest

from lambda_wheels.errors import UsageError
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.rules import RULES
from lambda_wheels.waivers import Verdict, Waivers

WAIVABLE = "path-conflict"
ERROR = Problem(rule=WAIVABLE, message="m", project="demo")
ALLOWABLE = Problem(rule=WAIVABLE, message="m", project="demo", hint="to let it stand, allow path-conflict:demo")
WARNING = Problem(rule="yanked", message="m", project="demo", severity=Severity.WARNING)
STOPPING = Problem(rule="yanked", message="m", project="demo", hint="to let it stand, allow yanked:demo")
FATAL = Problem(rule="wrong-tag", message="m", project="demo")


@pytest.mark.parametrize(
    ("allow", "allowed"),
    [
        ([], set()),
        ([f"{WAIVABLE}:demo"], {f"{WAIVABLE}:demo"}),
        (f"{WAIVABLE}:demo", {f"{WAIVABLE}:demo"}),
        ([f"{WAIVABLE}:De.Mo_X", f"{WAIVABLE}:de-mo-x"], {f"{WAIVABLE}:de-mo-x"}),
    ],
)
def test_read(allow: list[str], allowed: set[str]) -> None:
    """Waivers are pairs of a rule and a project, whose name is normalised."""
    assert Waivers.read(allow).allowed == allowed


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        WAIVABLE,
        f"{WAIVABLE}:",
        ":demo",
        "no-such-rule:demo",
        "wrong-tag:demo",
        f" {WAIVABLE}:demo",
        f"{WAIVABLE}: ",
    ],
)
def test_bad_waiver(text: str) -> None:
    """A waiver of another form, of no rule, or of a rule that is about safety is refused."""
    with pytest.raises(UsageError) as caught:
        Waivers.read([text])
    assert [problem.rule for problem in caught.value.problems] == ["bad-waiver"]


def test_bad_waivers_are_told_together() -> None:
    """All bad waivers are told at once; those for a rule list the rules that can be waived."""
    with pytest.raises(UsageError) as caught:
        Waivers.read(["x", "y:demo", f"{WAIVABLE}:demo"])
    assert len(caught.value.problems) == 2
    assert WAIVABLE in str(caught.value)


def test_only_what_is_waivable_can_be_waived() -> None:
    """Every rule that says so can be waived, and no other."""
    for name, rule in RULES.items():
        if rule.waivable:
            assert Waivers.read([f"{name}:demo"]).allows(name, "demo")
        else:
            with pytest.raises(UsageError):
                Waivers.read([f"{name}:demo"])


@pytest.mark.parametrize(
    ("allow", "strict", "errors", "warnings", "waived"),
    [
        pytest.param([], False, [ALLOWABLE, FATAL], [WARNING], set(), id="nothing allowed"),
        pytest.param([], True, [ALLOWABLE, STOPPING, FATAL], [], set(), id="strict"),
        pytest.param(
            [f"{WAIVABLE}:demo"], False, [FATAL], [ERROR.as_warning(), WARNING], {f"{WAIVABLE}:demo"}, id="allowed"
        ),
        pytest.param(
            [f"{WAIVABLE}:demo"],
            True,
            [STOPPING, FATAL],
            [ERROR.as_warning()],
            {f"{WAIVABLE}:demo"},
            id="allowed, strict",
        ),
        pytest.param([f"{WAIVABLE}:other"], False, [ALLOWABLE, FATAL], [WARNING], set(), id="another project"),
    ],
)
def test_judge(
    allow: list[str], strict: bool, errors: list[Problem], warnings: list[Problem], waived: set[str]
) -> None:
    """A waived problem is a warning and is remembered, one that could be says so; strict makes warnings errors."""
    verdict = Waivers.read(allow).judge([ERROR, WARNING, FATAL], strict=strict)
    assert list(verdict.errors) == errors
    assert list(verdict.warnings) == warnings
    assert verdict.waived == waived


def test_strict_and_allowed() -> None:
    """What is worth a warning can be allowed, too: else a strict build of some projects would be impossible."""
    verdict = Waivers.read(["yanked:demo"]).judge([WARNING], strict=True)
    assert verdict == Verdict(errors=(), warnings=(WARNING,), waived=frozenset({"yanked:demo"}))


def test_problem_without_project() -> None:
    """A problem of no project cannot be waived."""
    problem = Problem(rule=WAIVABLE, message="m")
    assert Waivers.read([f"{WAIVABLE}:demo"]).judge([problem]).errors == (problem,)
