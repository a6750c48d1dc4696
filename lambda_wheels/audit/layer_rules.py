"""Whether a layer works on a target, whoever made it: every rule, asked once. (Pure.)"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from packaging.utils import NormalizedName

from lambda_wheels.audit import distribution_rules, links, permissions, records, requirements, structure
from lambda_wheels.audit.held import Held
from lambda_wheels.audit.natives import audit_natives
from lambda_wheels.audit.stale_bytecode import useless_bytecode, wrong_bytecode
from lambda_wheels.audit.view import View
from lambda_wheels.problems import Problem
from lambda_wheels.wheels.pyc import Pyc

_OF_A_TREE: Final[Sequence[Callable[[Held], Iterable[Problem]]]] = (
    links.links,
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
    problems += _bytecode(held, views)
    return list(dict.fromkeys(problems))


def _bytecode(held: Held, views: Sequence[View]) -> Iterator[Problem]:
    """What is wrong with the bytecode, by the project that brings it; and what of all of it is of no use."""
    pythons = {view.target.python_version for view in views}
    owned: dict[NormalizedName | None, list[Pyc]] = {}
    for pyc in held.pycs:
        owner = next(
            (view.installation.owners[pyc.path] for view in views if pyc.path in view.installation.owners), None
        )
        owned.setdefault(owner, []).append(pyc)
    for owner, pycs in owned.items():
        yield from (replace(problem, project=owner) for problem in wrong_bytecode(pycs, pythons))
    yield from useless_bytecode(held.pycs, pythons)
