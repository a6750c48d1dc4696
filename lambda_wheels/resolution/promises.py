"""What was promised of a wheel, by an index or by a lock, held against the wheel itself. (Pure.)"""

from __future__ import annotations

from collections.abc import Iterable

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from lambda_wheels.problems import Problem
from lambda_wheels.resolution.resolution import ResolvedWheel
from lambda_wheels.wheels import Wheel
from lambda_wheels.wheels.needs import requirement_in

_STALE_INDEX = "clear pip's cache (python -m pip cache purge) and try again; if it stays, the index is at fault"


def broken_promises(promised: ResolvedWheel, wheel: Wheel) -> list[Problem]:
    """What the wheel holds otherwise than was told of it: pip believes the index's word (PEP 658)."""
    problems = []
    teller, hint = ("the index", _STALE_INDEX) if promised.told else ("the lock", "make the lock anew")

    def broken(what: str, told: object, found: object, rule: str = "broken-promise") -> None:
        problems.append(
            Problem(
                rule=rule,
                project=promised.name,
                wheel=promised.filename,
                message=f"the {what} that {teller} told ({told}) is not the wheel's ({found})",
                hint=hint,
            )
        )

    if promised.sha256 != wheel.sha256:
        broken("sha256", promised.sha256, wheel.sha256, "broken-promise" if promised.told else "hash-mismatch")
        return problems  # another file, of which all else differs as well
    if (promised.name, promised.version) != (wheel.name, wheel.version):
        broken("project", f"{promised.name} {promised.version}", f"{wheel.name} {wheel.version}")
    if promised.size not in {None, wheel.size}:
        broken("size", promised.size, wheel.size)
    if promised.told is None:
        return problems
    if _specifiers(promised.told.requires_python) not in {None, wheel.requires_python}:
        broken("Requires-Python", promised.told.requires_python, wheel.requires_python)
    told, found = _parsed(promised.told.requires_dist), _parsed(wheel.requires_dist)
    if told != found:
        broken("set of requirements", _listed(told - found), _listed(found - told))
    return problems


def _specifiers(text: str) -> SpecifierSet | None:
    """None where it is no Requires-Python at all, which is found in the wheel as well."""
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return None


def _parsed(texts: Iterable[str]) -> set[Requirement | str]:
    """The requirements, so that two spellings of one are the same."""
    parsed: set[Requirement | str] = set()
    for text in texts:
        try:
            parsed.add(requirement_in(text))
        except InvalidRequirement:
            parsed.add(text)
    return parsed


def _listed(requirements: Iterable[object]) -> str:
    return ", ".join(sorted(map(str, requirements))) or "none"
