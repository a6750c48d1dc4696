"""Markers of requirements, whatever they compare. (Pure.)

https://packaging.python.org/specifications/dependency-specifiers/#environment-markers
"""

from __future__ import annotations

from collections.abc import Mapping

from packaging.markers import Marker


def holds(marker: Marker | None, environment: Mapping[str, str]) -> bool:
    """Whether a requirement with ``marker`` is one in ``environment``.

    Not where nobody can tell: it compares what cannot be compared, two texts, or a number of thousands of digits.
    """
    try:
        return marker is None or marker.evaluate(dict(environment))
    except (
        ValueError,
        LookupError,
    ):  # UndefinedComparison is one of the former, UndefinedEnvironmentName of the latter
        return False
