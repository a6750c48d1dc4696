"""A lock that was made: what the library returns and ``--json`` prints. (Pure values.)"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.pylock import Package

from lambda_wheels.problems import Problem
from lambda_wheels.resolution.lock_changes import LockChange
from lambda_wheels.resolution.lock_entries import filename_of, files_of
from lambda_wheels.targets import Target


@dataclass(frozen=True, kw_only=True, slots=True)
class LockedWheel:
    """A wheel that a lock names."""

    filename: str
    url: str | None
    """Where it lies; None where ``path`` says it."""
    path: str | None
    """Where it lies, from the folder of the lock."""
    sha256: str
    """Of the wheel file, hexadecimal."""
    size: int | None
    """Of the wheel file, in bytes."""

    def as_dict(self) -> dict[str, Any]:
        """The wheel as a JSON object."""
        return {
            "filename": self.filename,
            "url": self.url,
            "path": self.path,
            "sha256": self.sha256,
            "size": self.size,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class LockedProject:
    """One version of a project in a lock."""

    name: str
    """The project, normalised."""
    version: str
    marker: str | None
    """For which targets it is; None for all of the lock."""
    index: str | None
    """The index that has it, without credentials; None where a URL or a path names the wheel, or it is not known."""
    wheels: tuple[LockedWheel, ...]
    """By file name."""

    @classmethod
    def of(cls, package: Package) -> LockedProject:
        """What a lock of ours says of one version."""
        files = [
            LockedWheel(
                filename=filename_of(file),
                url=file.url,
                path=file.path,
                sha256=file.hashes["sha256"],
                size=file.size,
            )
            for file in files_of(package)
        ]
        return cls(
            name=package.name,
            version=str(package.version),
            marker=None if package.marker is None else str(package.marker),
            index=package.index,
            wheels=tuple(files),
        )

    def as_dict(self) -> dict[str, Any]:
        """The project as a JSON object."""
        return {
            "name": self.name,
            "version": self.version,
            "marker": self.marker,
            "index": self.index,
            "wheels": [wheel.as_dict() for wheel in self.wheels],
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Lock:
    """A lock on disk. The names of the attributes are the names in ``--json``."""

    path: Path
    targets: tuple[Target, ...]
    """What it serves."""
    projects: tuple[LockedProject, ...]
    """By name and version."""
    changed: bool
    """Whether the file was written: it is left alone where it says the same already."""
    changes: tuple[LockChange, ...]
    """What it has otherwise than before, by project."""
    uploaded_prior_to: str | None
    """The time before which every file was uploaded (ISO 8601), where that was asked for."""
    warnings: tuple[Problem, ...]
    """Problems that did not stop it."""

    def as_dict(self) -> dict[str, Any]:
        """The lock as a JSON object."""
        return {
            "path": str(self.path),
            "targets": [{"runtime": target.runtime, "architecture": target.architecture} for target in self.targets],
            "projects": [project.as_dict() for project in self.projects],
            "changed": self.changed,
            "changes": [change.as_dict() for change in self.changes],
            "uploaded_prior_to": self.uploaded_prior_to,
            "warnings": [problem.as_dict() for problem in self.warnings],
        }
