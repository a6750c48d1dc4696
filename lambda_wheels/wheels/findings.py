"""Where everything that is wrong with one wheel is gathered. (Pure.)"""

from __future__ import annotations

from collections import Counter
from typing import Final

from packaging.utils import NormalizedName

from lambda_wheels.errors import WheelError
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.rules import RULES

_SHOWN: Final = 100
"""Findings under one rule that are listed one by one: a small file can break one a million times."""


class Findings:
    """The problems of one wheel, in the order in which they were found."""

    def __init__(self, wheel: str) -> None:
        """``wheel`` is its file name."""
        self.wheel = wheel
        self.project: NormalizedName | None = None
        """Set as soon as the file name was understood."""
        self.refused: set[str | None] = set()
        """The members with which something is wrong, all of them."""
        self._problems: list[Problem] = []
        self._counts: Counter[tuple[Severity, str]] = Counter()

    @property
    def problems(self) -> list[Problem]:
        """All findings; of one rule so many as can be read, and then how many more there are."""
        more = [(*key, count - _SHOWN) for key, count in self._counts.items() if count > _SHOWN]
        return [
            *self._problems,
            *(self._problem(severity, rule, f"and {left:,} more like this") for severity, rule, left in more),
        ]

    def add(self, rule: str, message: str, *, member: str | None = None, hint: str | None = None) -> None:
        """Something is wrong."""
        self.refused.add(member)
        self._append(Severity.ERROR, rule, message, member, hint)

    def warn(self, rule: str, message: str, *, member: str | None = None, hint: str | None = None) -> None:
        """Something may be wrong."""
        self._append(Severity.WARNING, rule, message, member, hint)

    def stop(self, rule: str, message: str, *, member: str | None = None, hint: str | None = None) -> WheelError:
        """Something is so wrong that nothing more can be looked at: the error to raise, with all that was found."""
        self.add(rule, message, member=member, hint=hint)
        return WheelError(self.problems)

    def raise_if_unsafe(self) -> None:
        """Raise :class:`WheelError` with everything, warnings as well, if anything found cannot be waived."""
        if any(severity is Severity.ERROR and not RULES[rule].waivable for severity, rule in self._counts):
            raise WheelError(self.problems)

    def _append(self, severity: Severity, rule: str, message: str, member: str | None, hint: str | None) -> None:
        self._counts[severity, rule] += 1
        if self._counts[severity, rule] <= _SHOWN:
            self._problems.append(self._problem(severity, rule, message, member, hint))

    def _problem(
        self, severity: Severity, rule: str, message: str, member: str | None = None, hint: str | None = None
    ) -> Problem:
        return Problem(
            rule=rule,
            message=message,
            severity=severity,
            project=self.project,
            wheel=self.wheel,
            member=member,
            hint=hint,
        )
