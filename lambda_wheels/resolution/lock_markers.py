"""Markers that tell the targets of a lock apart. (Pure.)"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from packaging.markers import Marker

from lambda_wheels.targets import Target


def environment_marker(target: Target) -> Marker:
    """What is true in ``target`` and nowhere else that a lock of ours can be for."""
    return Marker(
        f'{_pythons([target])} and {_machines([target])} and sys_platform == "linux" '
        'and implementation_name == "cpython"'
    )


def marker_for(some: Collection[Target], among: Collection[Target]) -> Marker | None:
    """What is true for ``some`` of the targets ``among`` and false for the rest; None where that is all of them.

    It compares no more than has to be: the Python alone where each Python is there with all of its architectures or not
    at all, the machine alone where it is the other way round.
    """
    if set(some) == set(among):
        return None
    by_python = {target for target in among if target.runtime in {one.runtime for one in some}}
    if by_python == set(some):
        return Marker(_pythons(some))
    by_machine = {target for target in among if target.machine in {one.machine for one in some}}
    if by_machine == set(some):
        return Marker(_machines(some))
    # Pythons that have the same machines share a part.
    parts: dict[str, list[Target]] = {}
    for target in sorted(some, key=lambda one: one.python_version):
        machines = _machines(other for other in some if other.runtime == target.runtime)
        parts.setdefault(machines, []).append(target)
    return Marker(" or ".join(f"(({_pythons(targets)}) and ({machines}))" for machines, targets in parts.items()))


def _pythons(targets: Iterable[Target]) -> str:
    versions = sorted({target.python_version for target in targets})
    return " or ".join(f'python_version == "{major}.{minor}"' for major, minor in versions)


def _machines(targets: Iterable[Target]) -> str:
    return " or ".join(f'platform_machine == "{machine}"' for machine in sorted({one.machine for one in targets}))
