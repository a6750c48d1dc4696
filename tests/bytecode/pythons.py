"""The interpreters of this machine, by version, however old. (Starts processes.)"""

from __future__ import annotations

import functools

import pytest

from lambda_wheels.bytecode import Interpreter, find_interpreter
from lambda_wheels.errors import LayerError

VERSIONS = ((3, 9), (3, 10), (3, 11), (3, 12), (3, 13), (3, 14), (3, 15))
"""Those that a layer can be for."""

EVERY_VERSION = pytest.mark.parametrize(
    "wanted", [pytest.param(version, id="{}.{}".format(*version)) for version in VERSIONS]
)


@functools.cache
def _found(wanted: tuple[int, int]) -> Interpreter | None:
    try:
        return find_interpreter(wanted)
    except LayerError:
        return None


def interpreter_of(wanted: tuple[int, int]) -> Interpreter:
    """The interpreter of that version; the test is skipped where there is none."""
    found = _found(wanted)
    if found is None:
        pytest.skip("no CPython {}.{} on this machine".format(*wanted))
    return found
