"""Which targets a release has wheels for, and why it has none for one of them. (Pure.)"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby, product
from operator import attrgetter

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag
from packaging.utils import parse_sdist_filename
from packaging.version import Version

from lambda_wheels.targets import ARCHITECTURES, RUNTIMES, Target
from lambda_wheels.wheels.filename import parse_filename

_GLIBC = re.compile(r"manylinux_(\d+)_(\d+)_\w+", re.ASCII)
_LEGACY_GLIBC = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}
_VERSION = attrgetter("version")
_SHOWN = 4
"""How many Pythons a reason names at the most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PassedOver:
    """A file of an index that pip looked at."""

    version: Version
    tags: frozenset[Tag]
    """Empty for a source distribution."""
    kind: str
    """pip's verdict, the name of a ``LinkType``: candidate, platform_mismatch, requires_python_mismatch, …"""
    requires_python: str
    yanked: bool
    uploaded: str = ""
    """When, in ISO 8601, where the index says so."""

    @property
    def late(self) -> bool:
        """Whether it came after the time up to which files are allowed."""
        return self.kind == "upload_too_late"


def passed_over(project: str, rows: Iterable[Sequence[str]]) -> list[PassedOver]:
    """The files of ``project`` as the runner told of them; what is no distribution of it is left out.

    A page that --find-links names can list many projects, and pip looks at all of it for each.
    """
    files = []
    for filename, kind, requires_python, yanked, uploaded in rows:
        try:
            if filename.endswith(".whl"):
                name, version, _, tags = parse_filename(filename)
            else:
                (name, version), tags = parse_sdist_filename(filename), frozenset()
        except ValueError:
            continue
        if name != project:
            continue
        files.append(
            PassedOver(
                version=version,
                tags=tags,
                kind=kind,
                requires_python=requires_python,
                yanked=bool(yanked),
                uploaded=uploaded,
            )
        )
    return files


def as_specifier(text: str) -> SpecifierSet:
    """The specifier; one that cannot be read leaves nothing out, as for pip."""
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return SpecifierSet()


def excludes(requires_python: str, target: Target) -> bool:
    """Whether a ``Requires-Python`` leaves the target out."""
    return not as_specifier(requires_python).contains(target.python, prereleases=True)


def python_needed(requires_python: str, target: Target) -> str:
    """That a ``Requires-Python`` leaves the target out, in words."""
    return f"needs Python {requires_python}, {target.runtime} has {target.python}"


def by_release(files: Iterable[PassedOver]) -> list[list[PassedOver]]:
    """The files by release, the oldest first; without what was withdrawn, and what came too late as a whole."""
    left = sorted((file for file in files if not file.yanked), key=_VERSION)
    releases = [[*release] for _, release in groupby(left, key=_VERSION)]
    return [release for release in releases if not all(file.late for file in release)]


def only_late(release: Iterable[PassedOver], target: Target) -> bool:
    """Whether the target would have the release, had its file come in time."""
    return any(file.late and fits(file, target) for file in release)


def finals(files: Sequence[PassedOver]) -> Sequence[PassedOver]:
    """Without pre-releases, unless there is nothing else."""
    return [file for file in files if not file.version.is_prerelease] or files


def fits(file: PassedOver, target: Target) -> bool:
    """Whether it is a wheel that runs on the target."""
    return target.accepts(file.tags) and not excludes(file.requires_python, target)


def fitting_targets(files: Iterable[PassedOver]) -> list[Target]:
    """The targets for which one of the files is a wheel that fits and came in time, in the order of our tables."""
    files = [file for file in files if not file.late]
    return [target for target in every_target() if any(fits(file, target) for file in files)]


def instead(targets: Sequence[Target], target: Target) -> str:
    """What of ``targets`` could be built for in place of ``target``, in words; empty where there is nothing."""
    others = [one for one in targets if one != target]
    runtimes = [one.runtime for one in others if one.architecture == target.architecture]
    if runtimes:
        return _span(runtimes)
    if any(one.runtime == target.runtime for one in others):
        return next(one.architecture for one in others if one.runtime == target.runtime)
    return str(others[-1]) if others else ""


def why_not(files: Sequence[PassedOver], target: Target) -> str:
    """Why none of the files, all of one release, fits ``target``: to be read behind its version."""
    wheels = [file for file in files if file.tags]
    if not wheels:
        return "has no wheel, only a source distribution"
    telling = [file for file in files if file.requires_python]
    if telling and all(excludes(file.requires_python, target) for file in telling):
        return python_needed(telling[-1].requires_python, target)
    # Some of the files can be for other Pythons by what they say, whatever their tags.
    willing = [wheel for wheel in wheels if not excludes(wheel.requires_python, target)] or wheels
    tags = frozenset().union(*(wheel.tags for wheel in willing))
    linux = [tag for tag in tags if "manylinux" in tag.platform or tag.platform.startswith(("linux", "any"))]
    if not linux:
        return f"has no wheel for Linux with glibc, only for {_systems(tags)}"
    ours = [tag for tag in linux if _speaks(tag, target)]
    here = [tag for tag in ours if tag.platform.endswith(f"_{target.machine}")]
    if here:
        major, minor = min(map(_glibc_of, here))
        has = ".".join(map(str, target.operating_system.glibc))
        return f"needs glibc {major}.{minor}, {target.runtime} has {has}"
    if ours:
        of = f" of {target.interpreter}" if all(tag.interpreter.startswith("cp") for tag in ours) else ""
        return f"has wheels{of} for {_machines(ours)}, none for {target.machine}"
    same_machine = [tag for tag in linux if tag.platform.endswith((f"_{target.machine}", "any"))]
    return f"has wheels for {_pythons(same_machine or linux)}, none for {target.interpreter}"


@cache
def every_target() -> tuple[Target, ...]:
    """Each of Lambda's, in the order of our tables."""
    return tuple(Target(*pair) for pair in product(RUNTIMES, ARCHITECTURES))


def _span(runtimes: Sequence[str]) -> str:
    """Several runtimes, in the order of our tables, those that follow one another as a span."""
    known = [*RUNTIMES]
    first, last = known.index(runtimes[0]), known.index(runtimes[-1])
    if len(runtimes) == 1:
        return runtimes[0]
    if last - first + 1 > len(runtimes):
        return " or ".join(runtimes)
    return f"{runtimes[0]} or newer" if last == len(known) - 1 else f"{runtimes[0]} to {runtimes[-1]}"


def _speaks(tag: Tag, target: Target) -> bool:
    """Whether the Python of ``target`` would take the tag, whatever the platform."""
    return (tag.interpreter, tag.abi) in _spoken(target)


@cache
def _spoken(target: Target) -> frozenset[tuple[str, str]]:
    return frozenset((tag.interpreter, tag.abi) for tag in target.tags)


def _glibc_of(tag: Tag) -> tuple[int, int]:
    if known := _GLIBC.fullmatch(tag.platform):
        return int(known[1]), int(known[2])
    return _LEGACY_GLIBC.get(tag.platform.partition("_")[0], (0, 0))


def _systems(tags: Iterable[Tag]) -> str:
    names = {"macosx": "macOS", "win": "Windows", "musllinux": "Linux with musl"}
    found = {name for start, name in names.items() for tag in tags if tag.platform.startswith(start)}
    return _listed(sorted(found)) or "other systems"


def _machines(tags: Iterable[Tag]) -> str:
    def machine(tag: Tag) -> str:
        return re.sub(r"^(manylinux(\d+|_\d+_\d+)|linux)_", "", tag.platform)

    return _listed(sorted({machine(tag) for tag in tags}))


def _pythons(tags: Sequence[Tag]) -> str:
    """For which Pythons the tags are, the newest first; the free-threaded ones only where there are no others."""
    usual = [tag for tag in tags if not tag.abi.endswith("t")]
    names = {tag.interpreter if usual else tag.abi for tag in usual or tags}
    return _listed(sorted(names, key=lambda name: [int(digits) for digits in re.findall(r"\d+", name)], reverse=True))


def _listed(names: Sequence[str]) -> str:
    if len(names) > _SHOWN:
        return f"{', '.join(names[:_SHOWN])} and {len(names) - _SHOWN} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
