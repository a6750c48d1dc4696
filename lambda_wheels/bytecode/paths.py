"""Where bytecode is in a layer, and what it says of where it comes from. (Pure.)"""

from __future__ import annotations

from typing import Final

from lambda_wheels.wheels import Member, Wheel
from lambda_wheels.wheels.layout import landing
from lambda_wheels.wheels.names import member_name_length

_IN_LAMBDA: Final = "/opt/python/"
"""Where what is below a layer's ``python/`` is when a function runs."""


def sources_of(wheel: Wheel, version: str) -> dict[str, Member]:
    """The Python files of ``wheel`` in a layer, by their paths below ``python/``.

    Not those whose bytecode for Python ``version``, ``3.13.0``, would have a name that is too long for a file.
    """
    paths = ((landing(member.name, wheel.data), member) for member in wheel.members)
    return {
        path: member
        for path, member in paths
        if path is not None and path.endswith(".py") and member_name_length(bytecode_path(path, version)) is None
    }


def in_lambda(path: str) -> str:
    """What the code in ``path`` says of where it is: what a traceback in Lambda shows."""
    return _IN_LAMBDA + path


def bytecode_path(path: str, version: str) -> str:
    """Where Python ``version``, ``3.13.0``, looks for the bytecode of ``path`` (PEP 3147)."""
    folder, slash, name = path.rpartition("/")
    major, minor, *_ = version.split(".")
    return f"{folder}{slash}__pycache__/{name.removesuffix('.py')}.cpython-{major}{minor}.pyc"
