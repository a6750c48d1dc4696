"""A problem: one finding, said in one line. (Pure values.)"""

from __future__ import annotations

import enum
import unicodedata
from dataclasses import dataclass, replace
from typing import Any, Final

from lambda_wheels.hiding import hide_secrets
from lambda_wheels.rules import RULES

_LONGEST: Final = 4_000
"""Characters of one part of a line: a stranger's text can have millions."""


class Severity(enum.StrEnum):
    """Whether a problem stops the build."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """What is wrong, where, and what to try.

    The names of the fields are the names in ``--json``; the values of ``rule`` are listed, each with its meaning, in
    the reference of errors.
    """

    rule: str
    """The rule's name: lower case, hyphens (``record-hash``). It is what ``allow=["RULE:PROJECT"]`` takes."""
    message: str
    """What happened, without the place."""
    severity: Severity = Severity.ERROR
    project: str | None = None
    """The normalised name of the project it concerns."""
    wheel: str | None = None
    """The file name of the wheel."""
    member: str | None = None
    """The file inside the wheel (or, for a layer, inside the layer)."""
    hint: str | None = None
    """What to try next."""

    def __post_init__(self) -> None:
        assert self.rule in RULES, f"{self.rule!r} stands in no table"
        object.__setattr__(self, "message", hide_secrets(self.message))
        object.__setattr__(self, "hint", self.hint and hide_secrets(self.hint))

    def __str__(self) -> str:
        """``error[rule] wheel: member: message; hint``: always one line, control characters escaped."""
        text = f"{self.finding}; {self.hint}" if self.hint else self.finding
        return escape_controls(f"{self.severity}[{self.rule}] {text}")

    @property
    def finding(self) -> str:
        """``wheel: member: message``: what and where, without a verdict; not escaped, what is very long shortened."""
        return ": ".join(_short(part) for part in (self.wheel or self.project, self.member, self.message) if part)

    def as_warning(self) -> Problem:
        """The same finding, which no longer stops the build."""
        return replace(self, severity=Severity.WARNING)

    def as_dict(self) -> dict[str, Any]:
        """The problem as a JSON object; what is not known is null."""
        return {
            "rule": self.rule,
            "severity": str(self.severity),
            "project": self.project,
            "wheel": self.wheel,
            "member": self.member,
            "message": self.message,
            "hint": self.hint,
        }


def _short(text: str) -> str:
    """``text``, without its middle where that would fill the screen."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 4 :]}"


def escape_controls(text: str) -> str:
    """``text`` on one line: what could move a terminal's cursor or reorder its line is written as an escape.

    Names inside a wheel are a stranger's text: control characters (Cc), format characters such as the bidirectional
    overrides (Cf), line and paragraph separators, and lone surrogates never reach a terminal as they are.
    """
    if text.isprintable():  # the usual case, and quick: nothing of the categories below is printable
        return text
    return "".join(
        character.encode("unicode_escape").decode("ascii")
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        else character
        for character in text
    )
