"""Whether the machine code of a layer loads on a target. (Pure.)"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from lambda_wheels.audit.placed import Placed
from lambda_wheels.problems import Problem
from lambda_wheels.targets import Target

_SHOWN: Final = 50
"""How many findings of one rule are listed of one wheel: real ones have about ten."""


def audit_natives(places: Sequence[Placed], target: Target) -> list[Problem]:
    """Everything that keeps the files from being loaded on ``target``."""
    if not places:
        return []
    # Imported here: the rules and tables that a layer of Python alone does not need.
    from lambda_wheels.audit.libraries import audit_libraries
    from lambda_wheels.audit.native_rules import audit_files

    return [*_few((*audit_files(places, target), *audit_libraries(places, target)))]


def _few(problems: Iterable[Problem]) -> Iterator[Problem]:
    """The first of each rule and wheel; the last of them says how many more there are."""
    groups: dict[tuple[object, ...], list[Problem]] = {}
    for problem in problems:
        groups.setdefault((problem.rule, problem.severity, problem.wheel, problem.project), []).append(problem)
    for group in groups.values():
        *before, last = group[:_SHOWN]
        yield from before
        surplus = len(group) - _SHOWN
        yield replace(last, message=f"{last.message} (and {surplus:,} more like it)") if surplus > 0 else last
