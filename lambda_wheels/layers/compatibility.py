"""Where else a layer runs: for which runtimes and architectures every one of its wheels is made. (Pure.)"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from packaging.version import Version

from lambda_wheels.targets import ARCHITECTURES, RUNTIMES, Target
from lambda_wheels.wheels import Wheel


def compatibility(
    wheels: Iterable[Wheel], target: Target, *, bound_to_runtime: bool = False
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The runtimes and the architectures, in the order of our tables, on which a layer of ``wheels`` runs.

    Lambda takes two lists and means each pair of them, so a runtime is named only if it is right on every architecture
    that is named. Of the pairs of lists that hold ``target``, the one with most pairs is taken; of two such, the one
    with more architectures. What is compared is the wheels' tags and ``Requires-Python``.

    :param bound_to_runtime: whether the layer names the interpreter of its runtime, and so fits no other.
    """
    wheels = list(wheels)
    runtimes = [target.runtime] if bound_to_runtime else list(RUNTIMES)
    fits = {
        (runtime, architecture)
        for runtime in runtimes
        for architecture in ARCHITECTURES
        if _fits(wheels, Target(runtime, architecture))
    }
    # Built for it, perhaps under a waiver: then nothing is known of any other.
    best: tuple[Sequence[str], Sequence[str]] = ([target.runtime], [target.architecture])
    if (target.runtime, target.architecture) not in fits:
        return tuple(best[0]), tuple(best[1])
    for count in range(1, len(ARCHITECTURES) + 1):
        for architectures in combinations(ARCHITECTURES, count):
            common = [name for name in runtimes if all((name, architecture) in fits for architecture in architectures)]
            if target.runtime not in common or target.architecture not in architectures:
                continue
            if len(common) * len(architectures) >= len(best[0]) * len(best[1]):
                best = (common, architectures)
    return tuple(best[0]), tuple(best[1])


def _fits(wheels: Iterable[Wheel], target: Target) -> bool:
    """Whether the tags and ``Requires-Python`` of every wheel hold on ``target``."""
    tags = frozenset(target.tags)
    python = Version(target.python)
    return all(
        not wheel.tags.isdisjoint(tags) and wheel.requires_python.contains(python, prereleases=True) for wheel in wheels
    )
