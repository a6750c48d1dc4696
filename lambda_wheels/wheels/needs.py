"""What a wheel needs: its requirements, and whether their markers hold. (Pure.)

https://packaging.python.org/specifications/dependency-specifiers/
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

from packaging.markers import Marker
from packaging.requirements import Requirement


@functools.lru_cache(maxsize=4096)  # each is asked for again for every extra, and for every target
def requirement_in(text: str) -> Requirement:
    """The requirement; nobody may change it.

    :raises InvalidRequirement: it is none.
    """
    return Requirement(text)


def holds(marker: Marker | None, environment: Mapping[str, str]) -> bool:
    """Whether a requirement with ``marker`` is one in ``environment``.

    Not where nobody can tell: it compares what cannot be compared, two texts, or a number of thousands of digits.
    """
    try:
        return marker is None or marker.evaluate(dict(environment))
    except (
        ValueError,
        LookupError,
    ):  # UndefinedComparison, UndefinedEnvironmentName
        return False
