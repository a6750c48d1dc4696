"""Where else a layer runs: for which runtimes and architectures every one of its wheels is made. (Pure.)"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations, product
from typing import Final

from packaging.tags import Tag

from lambda_wheels.targets import ARCHITECTURES, RUNTIMES, Target
from lambda_wheels.wheels import Wheel

_ANYWHERE: Final = Tag("py3", "none", "any")


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
    runtimes = [
        name
        for name in ([target.runtime] if bound_to_runtime else RUNTIMES)
        if all(wheel.requires_python.contains(RUNTIMES[name].python, prereleases=True) for wheel in wheels)
    ]
    choosy = [wheel.tags for wheel in wheels if _ANYWHERE not in wheel.tags]  # for the others no target lists its tags
    own = (target.runtime, target.architecture)
    fits = {
        pair
        for pair in product(runtimes, ARCHITECTURES)
        if all(map((target if pair == own else Target(*pair)).accepts, choosy))  # `target` has made its tags already
    }
    # Built for it, perhaps under a waiver: then nothing is known of any other.
    best: tuple[Sequence[str], Sequence[str]] = ([target.runtime], [target.architecture])
    if own not in fits:
        return tuple(best[0]), tuple(best[1])
    for count in range(1, len(ARCHITECTURES) + 1):
        for architectures in combinations(ARCHITECTURES, count):
            common = [name for name in runtimes if all((name, architecture) in fits for architecture in architectures)]
            if target.runtime not in common or target.architecture not in architectures:
                continue
            if len(common) * len(architectures) >= len(best[0]) * len(best[1]):
                best = (common, architectures)
    return tuple(best[0]), tuple(best[1])
