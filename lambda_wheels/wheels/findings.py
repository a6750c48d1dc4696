"""Where everything that is wrong with one wheel is gathered. (Pure.)"""

from __future__ import annotations

from packaging.utils import NormalizedName

from lambda_wheels.errors import WheelError
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.rules import RULES


class Findings:
    """The problems of one wheel, in the order in which they were found."""

    def __init__(self, wheel: str) -> None:
        """``wheel`` is its file name."""
        self.wheel = wheel
        self.project: NormalizedName | None = None
        """Set as soon as the file name was understood."""
        self.problems: list[Problem] = []

    def add(self, rule: str, message: str, *, member: str | None = None, hint: str | None = None) -> None:
        """Something is wrong."""
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
        if any(found.severity is Severity.ERROR and not RULES[found.rule].waivable for found in self.problems):
            raise WheelError(self.problems)

    def _append(self, severity: Severity, rule: str, message: str, member: str | None, hint: str | None) -> None:
        self.problems.append(
            Problem(
                rule=rule,
                message=message,
                severity=severity,
                project=self.project,
                wheel=self.wheel,
                member=member,
                hint=hint,
            )
        )
