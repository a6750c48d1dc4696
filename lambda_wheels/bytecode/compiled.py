"""The bytecode for a layer, once it is there. (Pure values.)"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lambda_wheels.problems import Problem
from lambda_wheels.store import Pack


@dataclass(frozen=True, kw_only=True, slots=True)
class Bytecode:
    """The bytecode of the wheels of a layer."""

    version: str
    """That of the interpreter that compiled, in full."""
    packs: Mapping[str, Pack]
    """By the file name of the wheel; not of wheels that have no source, or of which ``problems`` tell."""
    problems: tuple[Problem, ...] = ()
    """What crashed or hung."""
