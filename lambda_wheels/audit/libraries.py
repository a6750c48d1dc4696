"""The rules about what the files of a layer need from each other, and from the image under the runtime. (Pure.)"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import Final

from lambda_wheels.audit.loader import Loaded, Loader, Missing
from lambda_wheels.audit.placed import Placed, by_owner, chooses, foreign_suffix, found
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.targets import Target
from lambda_wheels.wheels.native import split_version

_WITHOUT: Final = {
    "opencv-python": "opencv-python-headless",
    "opencv-contrib-python": "opencv-contrib-python-headless",
}
"""The same project without a desktop's libraries."""

_OPTIONAL: Final = {
    # Two of three threading layers, tried one after the other (numba.readthedocs.io, "The Threading Layers").
    "numba": ("numba/np/ufunc/omppool.", "numba/np/ufunc/tbbpool."),
}
"""How the paths begin of modules that a project does without where they cannot be imported."""


def audit_libraries(places: Sequence[Placed], target: Target) -> Iterator[Problem]:
    """What the loader of ``target`` would not find for any of the files, each once."""
    loader = Loader(places, target)
    loaded = _seen(loader.load(), places, target)
    choosing = {owner for owner, mine in by_owner(places).items() if chooses(mine)}
    for place, problem in (*_missing(loader, loaded, target), *_versions(loader, loaded, target)):
        yield problem.as_warning() if place.owner in choosing else problem
    if loaded.unfollowed:
        yield found(
            "native-damaged",
            loaded.unfollowed[0],
            "what it needs was not looked for: the libraries of the layer need each other in too many ways",
            "leave out what brings them",
            severity=Severity.ERROR,
            others=len(loaded.unfollowed) - 1,
        )


def _seen(loaded: Loaded, places: Sequence[Placed], target: Target) -> Loaded:
    """The same without what files need that Python never looks at, being extension modules for others."""
    unseen = {place.path for place in places if foreign_suffix(place.path, target)}
    if not unseen:
        return loaded
    return loaded._replace(
        missing=[missing for missing in loaded.missing if missing.place.path not in unseen],
        from_image=[(place, library) for place, library in loaded.from_image if place.path not in unseen],
    )


def _missing(loader: Loader, loaded: Loaded, target: Target) -> Iterator[tuple[Placed, Problem]]:
    """Every library that is needed is in the image or where the loader looks; one problem for each of a wheel."""
    groups: dict[tuple[str, bool, str], list[Missing]] = {}
    for missing in loaded.missing:
        key = (missing.place.owner, missing.place.native.is_loaded, missing.library)
        groups.setdefault(key, []).append(missing)
    for group in groups.values():
        (place, library), *others = group
        elsewhere = loader.elsewhere(library)
        if elsewhere is not None:
            yield (
                place,
                found(
                    "library-elsewhere",
                    place,
                    f"it needs {library}, which is at {elsewhere.path}, where the loader does not look",
                    "it works if the project loads that first, as some do",
                    severity=Severity.WARNING,
                    others=len(others),
                ),
            )
        else:
            yield (
                place,
                found(
                    "missing-library",
                    place,
                    _what_lacks(library, target),
                    _what_helps(place, library),
                    severity=Severity.WARNING if all(map(_is_optional, group)) else None,
                    others=len(others),
                ),
            )


def _is_optional(missing: Missing) -> bool:
    place = missing.place
    return any(f"/{start}" in f"/{place.path}" for start in _OPTIONAL.get(place.project or "", ()))


def _image(target: Target) -> str:
    return f"{target.runtime} ({target.operating_system.name})"


def _what_lacks(library: str, target: Target) -> str:
    if "/" in library:  # the loader opens it as it stands, and looks for it nowhere else
        kind = {"/": "an absolute path", "$": "a path"}.get(library[0], "a relative path")
        return f"it needs {library}, {kind} that neither the layer has nor {_image(target)}"
    return f"it needs {library}, which neither the layer has nor {_image(target)}"


def _what_helps(place: Placed, library: str) -> str:
    instead = _WITHOUT.get(place.project or "")
    if instead:
        return f"take {instead}, which does without"
    if "/" in library:
        helps = "take a release that was built for any machine"
    else:
        helps = f"bring it along with --lib PATH/{library}"
    allow = f", or allow missing-library:{place.project} if only a module that you do not use needs it"
    return helps + (allow if place.project else "")


def _versions(loader: Loader, loaded: Loaded, target: Target) -> Iterator[tuple[Placed, Problem]]:
    """The image's libraries have the versions of symbols that are needed; one problem for each kind of a wheel."""
    of_image: dict[str, tuple[Placed, set[str]]] = {}
    for place, library in loaded.from_image:
        # Versions name the library as it calls itself, however it was named when it was loaded.
        of_image.setdefault(place.path, (place, set()))[1].update((library, posixpath.basename(library)))
    groups: dict[tuple[str, bool, str], list[tuple[tuple[int, ...], str, str, Placed]]] = {}
    for place, providers in of_image.values():
        assert place.native.elf is not None
        for library, version in place.native.elf.versions:
            kind, number = split_version(version)
            if library in providers and loader.image.lacks_version(version, kind, number):
                key = (place.owner, place.native.is_loaded, kind)
                groups.setdefault(key, []).append((number, version, library, place))
    for group in groups.values():
        _, version, library, place = max(group, key=lambda row: row[0])
        kind, _ = split_version(version)
        newest = loader.image.newest.get(kind)
        has = f"{kind}_{'.'.join(map(str, newest))}" if newest else "none of that kind"
        yield (
            place,
            found(
                "missing-symbol-version",
                place,
                f"it needs {version} of {library}, {_image(target)} has {has}",
                "take an older release, or build for a newer runtime",
                others=len({row[3].path for row in group}) - 1,
            ),
        )
