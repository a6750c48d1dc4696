"""Which releases would fit, but need what the target cannot have. (Pure.)

pip then goes on to an older release, and does not say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from lambda_wheels.resolution.fitting import (
    as_specifier,
    every_target,
    excludes,
    finals,
    fitting_targets,
    passed_over,
    python_needed,
    why_not,
)
from lambda_wheels.targets import Target


class Rejection(NamedTuple):
    """Why the target cannot have a release whose own wheel fits."""

    why: str
    """To be read behind its version."""
    targets: Sequence[Target]
    """Those that have what it needs."""


Rejections = Mapping[tuple[NormalizedName, Version], Rejection]


def rejections(
    rejected: Iterable[Mapping[str, Any]],
    needed: Mapping[str, Sequence[Sequence[str]]],
    constraints: Mapping[NormalizedName, SpecifierSet],
    target: Target,
) -> Rejections:
    """The releases that pip rejected since the target cannot have what they need; not those in a mere conflict.

    :param rejected: as the runner told of them: project, version, and who wanted what that could not be had.
    :param needed: by project, the files of what was wanted.
    """
    found: dict[tuple[NormalizedName, Version], Rejection] = {}
    for release in rejected:
        wants = release["wants"]
        if rejection := _of_python(wants, target) or _of_a_need(wants, needed, constraints, target):
            found.setdefault((canonicalize_name(release["project"]), Version(release["version"])), rejection)
    return found


def _of_python(wants: Iterable[Mapping[str, Any]], target: Target) -> Rejection | None:
    """Its metadata say that it is for another Python, which not every index tells."""
    for want in wants:
        if want["python"] and excludes(want["specifier"], target):
            others = [one for one in every_target() if not excludes(want["specifier"], one)]
            return Rejection(python_needed(want["specifier"], target), others)
    return None


def _of_a_need(
    wants: Sequence[Mapping[str, Any]],
    needed: Mapping[str, Sequence[Sequence[str]]],
    constraints: Mapping[NormalizedName, SpecifierSet],
    target: Target,
) -> Rejection | None:
    """There are releases of what it needs, but none that fits."""
    project = wants[0]["project"]  # all want the same
    specifier = SpecifierSet()
    for want in wants:
        specifier &= as_specifier(want["specifier"])
    wanted = specifier & constraints.get(project, SpecifierSet())
    files = finals(
        [
            file
            for file in passed_over(project, needed.get(project, ()))
            if not file.yanked and file.kind != "upload_too_late" and wanted.contains(file.version, prereleases=True)
        ]
    )
    if not files or any(file.kind == "candidate" for file in files):
        return None
    newest = max(file.version for file in files)
    why = why_not([file for file in files if file.version == newest], target)
    return Rejection(f"needs {project}{specifier}, of which {newest} {why}", fitting_targets(files))
