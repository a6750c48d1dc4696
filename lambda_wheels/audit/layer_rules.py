"""Whether a layer works on a target, whoever made it: every rule, asked once. (Pure.)"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from lambda_wheels.audit import distribution_rules, permissions, records, requirements, structure
from lambda_wheels.audit.held import Held
from lambda_wheels.audit.natives import audit_natives
from lambda_wheels.audit.stale_bytecode import stale_bytecode
from lambda_wheels.audit.view import View
from lambda_wheels.problems import Problem

_OF_A_TREE: Final[Sequence[Callable[[Held], Iterable[Problem]]]] = (
    permissions.links,
    permissions.unreadable,
    permissions.not_executable,
)
_OF_A_TARGET: Final[Sequence[Callable[[View], Iterable[Problem]]]] = (
    structure.misplaced,
    structure.virtual_environments,
    structure.archives,
    structure.system_files,
    distribution_rules.twice,
    distribution_rules.editable,
    distribution_rules.requires_python,
    distribution_rules.tags,
    distribution_rules.any_platform,
    requirements.requirements,
    requirements.sdk,
    records.changed,
    records.missing,
    distribution_rules.surprises,
)


def audit_layer(held: Held, views: Sequence[View]) -> list[Problem]:
    """Everything that keeps a layer from working on any of the targets of ``views``; what is alike on all, once."""
    problems = [problem for rule in _OF_A_TREE for problem in rule(held)]
    for view in views:
        problems += view.installation.problems
        problems += (problem for rule in _OF_A_TARGET for problem in rule(view))
        problems += audit_natives(view.places, view.target)
    problems += stale_bytecode(held, {view.target.python_version for view in views})
    return list(dict.fromkeys(problems))
