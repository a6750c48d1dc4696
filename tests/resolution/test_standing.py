"""Which wishes stand, whatever else were chosen. (Pure.)"""

from __future__ import annotations

import pytest
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from lambda_wheels.resolution.closure import ASKED_FOR, Wish
from lambda_wheels.resolution.standing import standing, together

LIB = canonicalize_name("lib")


def wish(text: str) -> Wish:
    """``lib<2 by top``, or a wish of the caller's."""
    wanted, _, by = text.partition(" by ")
    name = wanted.rstrip("<>=!.0123456789")
    return Wish(canonicalize_name(name), SpecifierSet(wanted.removeprefix(name)), by or ASKED_FOR)


@pytest.mark.parametrize(
    ("wishes", "newer", "expected"),
    [
        pytest.param(["lib<2"], {}, "<2", id="the caller's own"),
        pytest.param(["top", "lib<2 by top"], {}, "<2", id="of what is the newest"),
        pytest.param(["top", "lib<2 by top"], {"top": "2.0"}, "", id="of what could be newer"),
        pytest.param(["top==1.0", "lib<2 by top"], {"top": "2.0"}, "<2", id="of what is pinned"),
        pytest.param(["top", "mid==1.0 by top", "lib<2 by mid"], {"mid": "2.0"}, "<2", id="of what the newest pins"),
        pytest.param(["top", "mid by top", "lib<2 by mid"], {"top": "2.0"}, "", id="of what a newer one need not want"),
    ],
)
def test_standing(wishes: list[str], newer: dict[str, str], expected: str) -> None:
    """What stands are the caller's wishes, and those of releases that can be no newer as long as those stand."""

    def has_newer(project: NormalizedName, specifier: SpecifierSet) -> bool:
        return project in newer and specifier.contains(newer[project])

    left = standing([*map(wish, wishes)], has_newer)
    assert together(left, LIB) == SpecifierSet(expected)


def test_all_but_one() -> None:
    """The wishes of one project can be left out."""
    wishes = [wish("lib<3"), wish("lib<2 by top")]
    assert together(wishes, LIB) == SpecifierSet("<3,<2")
    assert together(wishes, LIB, but="top") == SpecifierSet("<3")
