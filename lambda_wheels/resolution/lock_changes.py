"""What differs between two locks. (Pure.)"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from packaging.pylock import Package, Pylock


@dataclass(frozen=True, kw_only=True, slots=True)
class LockChange:
    """What a new lock has otherwise than the one before, for one project."""

    project: str
    before: str | None
    """The versions that the lock had, ``2.2.6, 2.5.5``; None where it had none."""
    after: str | None
    """Those that it has now."""

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.project} {self.after} is new"
        if self.after is None:
            return f"{self.project} {self.before} is gone"
        if self.before == self.after:
            return f"{self.project} {self.after} has other files, or is for other targets"
        return f"{self.project} {self.before} -> {self.after}"

    def as_dict(self) -> dict[str, Any]:
        """The change as a JSON object."""
        return {"project": self.project, "before": self.before, "after": self.after}


def changes(before: Pylock | None, after: Pylock) -> tuple[LockChange, ...]:
    """The projects that ``after`` has otherwise than ``before``, by name; none where there was no lock before."""
    return () if before is None else tuple(_changes(_by_name(before), _by_name(after)))


def _changes(before: dict[str, list[Package]], after: dict[str, list[Package]]) -> Iterator[LockChange]:
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield LockChange(project=name, before=_versions(before.get(name)), after=_versions(after.get(name)))


def _by_name(lock: Pylock) -> dict[str, list[Package]]:
    packages: dict[str, list[Package]] = {}
    for package in lock.packages:
        packages.setdefault(package.name, []).append(package)
    return packages


def _versions(packages: list[Package] | None) -> str | None:
    if packages is None:
        return None
    return ", ".join(dict.fromkeys(str(package.version or "of no version") for package in packages))
