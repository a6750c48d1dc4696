"""Whether the machine code of a layer loads on a target. (Pure.)"""

from __future__ import annotations

from collections.abc import Sequence

from lambda_wheels.audit.libraries import audit_libraries
from lambda_wheels.audit.native_rules import audit_files
from lambda_wheels.audit.placed import Placed
from lambda_wheels.problems import Problem
from lambda_wheels.targets import Target


def audit_natives(places: Sequence[Placed], target: Target) -> list[Problem]:
    """Everything that keeps the files from being loaded on ``target``."""
    if not places:
        return []
    return [*audit_files(places, target), *audit_libraries(places, target)]
