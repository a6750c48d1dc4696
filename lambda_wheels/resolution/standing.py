"""Which wishes stand, whatever else were chosen. (Pure.)

What a release wants that was itself taken for want of a newer one says nothing against that newer one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName

from lambda_wheels.resolution.closure import ASKED_FOR, Wish


def standing(wishes: Iterable[Wish], has_newer: Callable[[NormalizedName, SpecifierSet], bool]) -> list[Wish]:
    """The wishes of the caller, and of what can be no newer than it is as long as those stand.

    :param has_newer: whether there is a newer release of a project than the chosen one among certain versions.
    """
    wishes = list(wishes)
    fixed: set[str] = {ASKED_FOR}
    while True:
        left = [wish for wish in wishes if wish.wanted_by in fixed]
        wanted = {wish.name: together(left, wish.name) for wish in left if wish.name not in fixed}
        if not (more := {name for name, specifier in wanted.items() if not has_newer(name, specifier)}):
            return left
        fixed |= more


def together(wishes: Iterable[Wish], project: NormalizedName, *, but: str = "") -> SpecifierSet:
    """The versions of ``project`` that satisfy all the wishes.

    :param but: whose wishes do not count.
    """
    wanted = SpecifierSet()
    for wish in wishes:
        if wish.name == project and wish.wanted_by != but:
            wanted &= wish.specifier
    return wanted
