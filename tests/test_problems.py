"""A problem says on one line what is wrong, where, and what to try. (Pure.)"""

from __future__ import annotations

import json
import re

import pytest

from lambda_wheels.problems import Problem, Severity, escape_controls
from lambda_wheels.rules import RULES, Rule

RULE = "unknown-runtime"


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        pytest.param(Problem(rule=RULE, message="m"), f"error[{RULE}] m", id="message-alone"),
        pytest.param(Problem(rule=RULE, message="m", hint="h"), f"error[{RULE}] m; h", id="hint"),
        pytest.param(
            Problem(rule=RULE, message="m", severity=Severity.WARNING), f"warning[{RULE}] m", id="severity-warning"
        ),
        pytest.param(Problem(rule=RULE, message="m", project="idna"), f"error[{RULE}] idna: m", id="project"),
        pytest.param(
            Problem(rule=RULE, message="m", project="idna", wheel="idna-1-py3-none-any.whl", member="idna/core.py"),
            f"error[{RULE}] idna-1-py3-none-any.whl: idna/core.py: m",
            id="wheel-says-the-project-too",
        ),
        pytest.param(Problem(rule=RULE, message="m", member="bin/x"), f"error[{RULE}] bin/x: m", id="member-alone"),
    ],
)
def test_str(problem: Problem, line: str) -> None:
    """A problem prints as severity, rule, place, message and hint."""
    assert str(problem) == line


@pytest.mark.parametrize("field", ["message", "project", "wheel", "member", "hint"])
def test_str_is_one_printable_line(field: str) -> None:
    """Whatever a stranger wrote into a name, the line stays one line and moves no cursor."""
    fields = {"message": "m", "wheel": None, field: "a\nb\r\x1b[2K\u202ec\x00\u2028d\udc80"}
    line = str(Problem(rule=RULE, **fields))  # type: ignore[arg-type]
    assert line.isprintable()
    assert r"a\nb\r\x1b[2K\u202ec\x00\u2028d\udc80" in line


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        pytest.param("", "", id="empty"),
        pytest.param("naïve file · 文字 🐍.py", "naïve file · 文字 🐍.py", id="printable-text-stays"),
        pytest.param("a\tb", r"a\tb", id="tab"),
        pytest.param("a\x7fb", r"a\x7fb", id="del"),
        pytest.param("a\x85b", r"a\x85b", id="c1"),
        pytest.param("a\u200fb\u2066c", r"a\u200fb\u2066c", id="bidi"),
        pytest.param("a\ufeffb", r"a\ufeffb", id="byte-order-mark"),
        pytest.param("a\u2029b", r"a\u2029b", id="paragraph-separator"),
        pytest.param("a\ud800b", r"a\ud800b", id="lone-surrogate"),
        pytest.param("a\U000e0001b", r"a\U000e0001b", id="tag-character"),
        pytest.param("a\u00a0b", "a\u00a0b", id="no-break-space-stays"),
    ],
)
def test_escape_controls(text: str, escaped: str) -> None:
    """Control, format and separator characters and lone surrogates become escapes; all else stays."""
    assert escape_controls(text) == escaped


def test_as_warning() -> None:
    """As a warning a problem is the same in all but its severity, and the first one is unchanged."""
    problem = Problem(rule=RULE, message="m", project="idna", hint="h")
    warning = problem.as_warning()
    assert warning == Problem(rule=RULE, message="m", project="idna", hint="h", severity=Severity.WARNING)
    assert problem.severity is Severity.ERROR


def test_as_dict() -> None:
    """The JSON object has the names of the fields, and null where nothing is known."""
    assert json.loads(json.dumps(Problem(rule=RULE, message="m", wheel="w.whl").as_dict())) == {
        "rule": RULE,
        "severity": "error",
        "project": None,
        "wheel": "w.whl",
        "member": None,
        "message": "m",
        "hint": None,
    }


def test_unknown_rule() -> None:
    """A problem can only be made under a rule that stands in the table."""
    with pytest.raises(AssertionError, match="'no-such-rule' stands in no table"):
        Problem(rule="no-such-rule", message="m")


@pytest.mark.parametrize("rule", [pytest.param(rule, id=name) for name, rule in RULES.items()])
def test_rules(rule: Rule) -> None:
    """A rule's name is lower case with hyphens and stands under itself; its meaning is a sentence."""
    assert RULES[rule.name] is rule
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    assert re.fullmatch(r"(pip\b|[A-Z`*])[^\n]*[.]", rule.meaning)
