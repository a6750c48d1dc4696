"""What a wheel needs: its requirements, and whether their markers hold. (Pure.)

https://packaging.python.org/specifications/dependency-specifiers/
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement


@functools.lru_cache(maxsize=4096)  # each is asked for again for every extra, and for every target
def requirement_in(text: str) -> Requirement:
    """The requirement; nobody may change it.

    :raises InvalidRequirement: it is none.
    """
    try:
        return Requirement(text)
    except RecursionError:
        raise InvalidRequirement("its marker is nested too deeply") from None


def holds(marker: Marker | None, environment: Mapping[str, str]) -> bool:
    """Whether a requirement with ``marker`` is one in ``environment``.

    Not where nobody can tell: it compares what cannot be compared, two texts, or a number of thousands of digits, or it
    is nested too deeply.
    """
    try:
        return marker is None or marker.evaluate(dict(environment))
    except (
        ValueError,
        LookupError,
        RecursionError,
    ):  # UndefinedComparison, UndefinedEnvironmentName
        return False
