"""Waivers: what a caller allows a project to do wrong. (Pure.)"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from packaging.utils import canonicalize_name, is_normalized_name

from lambda_wheels.errors import UsageError
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.rules import RULES


class Verdict(NamedTuple):
    """Problems, sorted by what they do to a build."""

    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    waived: frozenset[str]
    """The waivers that were needed, as ``rule:project``."""


class Waivers(NamedTuple):
    """``rule:project`` pairs whose problems are warnings."""

    allowed: frozenset[str] = frozenset()

    @classmethod
    def read(cls, allow: Iterable[str]) -> Waivers:
        """The waivers that ``allow`` names, each as ``RULE:PROJECT``.

        :raises UsageError: for a rule that does not exist or cannot be waived, or a text of another form.
        """
        allowed = set()
        problems = []
        for text in [allow] if isinstance(allow, str) else allow:
            rule, colon, project = text.partition(":")
            if not colon or not is_normalized_name(canonicalize_name(project)):
                problems.append(Problem(rule="bad-waiver", message=f"{text!r} is not of the form RULE:PROJECT"))
            elif rule not in RULES or not RULES[rule].waivable:
                why = "cannot be waived" if rule in RULES else "is no rule"
                known = ", ".join(sorted(name for name, known in RULES.items() if known.waivable))
                problems.append(Problem(rule="bad-waiver", message=f"{rule!r} {why}", hint=f"these can be: {known}"))
            allowed.add(f"{rule}:{canonicalize_name(project)}")
        if problems:
            raise UsageError(problems)
        return cls(frozenset(allowed))

    def allows(self, rule: str, project: str) -> bool:
        """Whether ``project`` may break ``rule``."""
        return f"{rule}:{project}" in self.allowed

    def judge(self, problems: Iterable[Problem], *, strict: bool = False) -> Verdict:
        """Which problems stop a build: errors that are not waived; with ``strict``, all that are not waived."""
        errors, warnings, waived = [], [], set()
        for problem in problems:
            if problem.project and self.allows(problem.rule, problem.project):
                waived.add(f"{problem.rule}:{problem.project}")
                warnings.append(problem.as_warning())
            elif strict or problem.severity is Severity.ERROR:
                errors.append(replace(problem, severity=Severity.ERROR, hint=problem.hint or _allowing(problem)))
            else:
                warnings.append(problem)
        return Verdict(errors=tuple(errors), warnings=tuple(warnings), waived=frozenset(waived))


def _allowing(problem: Problem) -> str | None:
    """What to try where nothing else was said: to allow it, if that can be done."""
    if problem.project is None or not RULES[problem.rule].waivable:
        return None
    return f"to let it stand, allow {problem.rule}:{problem.project}"
