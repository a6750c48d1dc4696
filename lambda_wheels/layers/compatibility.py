"""Where else a layer runs: for which runtimes and architectures everything in it is made. (Pure.)"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import combinations, product
from typing import Final

from packaging.tags import Tag

from lambda_wheels.audit import Placed, audit_bytecode, audit_natives, placed
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.resolution.closure import TopRequirement
from lambda_wheels.resolution.same_set import SameSet
from lambda_wheels.targets import ARCHITECTURES, RUNTIMES, Target
from lambda_wheels.waivers import Waivers
from lambda_wheels.wheels import Wheel

_ANYWHERE: Final = Tag("py3", "none", "any")


def compatibility(
    wheels: Sequence[Wheel],
    target: Target,
    *,
    asked: Sequence[TopRequirement] | None = None,
    libraries: Sequence[Placed] = (),
    waived: Collection[str] = (),
    bound_to_runtime: bool = False,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The runtimes and the architectures, in the order of our tables, on which a layer of ``wheels`` runs.

    Lambda takes two lists and means each pair of them, so a runtime is named only if it is right on every architecture
    that is named. Of the pairs of lists that hold ``target``, the one with most pairs is taken; of two such, the one
    with more architectures. A pair is right where every wheel's tags and ``Requires-Python`` fit, where the markers ask
    for the same set of wheels, where the loader finds what the machine code needs, and where Python can import what
    there is no source of.

    :param asked: the requirements that brought the wheels, as far as known.
    :param libraries: machine code that comes from no wheel.
    :param waived: what was allowed when it was built, ``RULE:PROJECT``: the findings that stood then may stand
        elsewhere as well, and no others.
    :param bound_to_runtime: whether the layer names the interpreter of its runtime, and so fits no other.
    """
    runtimes = [
        name
        for name in ([target.runtime] if bound_to_runtime else RUNTIMES)
        if all(wheel.requires_python.contains(RUNTIMES[name].python, prereleases=True) for wheel in wheels)
    ]
    choosy = [wheel.tags for wheel in wheels if _ANYWHERE not in wheel.tags]  # for the others no target lists its tags
    same_set = SameSet(wheels, target, asked)
    natives = [*(place for wheel in wheels for place in placed(wheel)), *libraries]
    compiled = [wheel for wheel in wheels if wheel.pycs]

    def wrong(on: Target) -> Iterator[Problem]:
        yield from audit_natives(natives, on)
        for wheel in compiled:
            yield from audit_bytecode(wheel, on)

    stood = {_gist(problem, target) for problem in wrong(target)} if waived else set()
    waivers = Waivers(frozenset(waived))

    def runs(other: Target) -> bool:
        if not all(map(other.accepts, choosy)) or not same_set.holds_for(other):
            return False
        errors = [problem for problem in wrong(other) if problem.severity is Severity.ERROR]
        return not waivers.judge(errors).errors and all(_gist(problem, other) in stood for problem in errors)

    own = (target.runtime, target.architecture)
    if target.runtime not in runtimes or not all(map(target.accepts, choosy)):
        # Built for it under a waiver: then nothing is known of any other.
        return (target.runtime,), (target.architecture,)
    fits = {pair for pair in product(runtimes, ARCHITECTURES) if pair == own or runs(Target(*pair))}
    return _largest(fits, runtimes, target)


def _largest(
    fits: Collection[tuple[str, str]], runtimes: Sequence[str], target: Target
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The pair of lists that holds ``target``, and of which each pair is one of ``fits``."""
    best: tuple[Sequence[str], Sequence[str]] = ([target.runtime], [target.architecture])
    for count in range(1, len(ARCHITECTURES) + 1):
        for architectures in combinations(ARCHITECTURES, count):
            common = [name for name in runtimes if all((name, architecture) in fits for architecture in architectures)]
            if target.runtime not in common or target.architecture not in architectures:
                continue
            if len(common) * len(architectures) >= len(best[0]) * len(best[1]):
                best = (common, architectures)
    return tuple(best[0]), tuple(best[1])


def _gist(problem: Problem, target: Target) -> tuple[str, str | None, str | None, str]:
    """What is alike of one finding on two targets: what it is about, and what it says before it comes to the target."""
    said = problem.message.replace(str(target), "the target").replace(target.runtime, "the runtime")
    return problem.rule, problem.project, problem.member, re.split("[,:]", said, maxsplit=1)[0]
