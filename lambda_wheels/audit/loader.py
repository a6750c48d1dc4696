"""Where the loader of a target finds the libraries that files of a layer need. (Pure.)

Source: ld.so(8), "DESCRIPTION": first what is loaded already; then ``DT_RPATH``, of the file and of those that have it
loaded, where it has no ``DT_RUNPATH``; then ``LD_LIBRARY_PATH``; then ``DT_RUNPATH``; then the system's own folders. In
Lambda ``LD_LIBRARY_PATH`` has the system's folders first, and ``/opt/lib`` last (AWS, "Working with layers").
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lambda_wheels.audit.placed import Placed, fits
from lambda_wheels.targets import Target
from lambda_wheels.targets.libraries import Image, image_of

_LIBRARIES = "lib"
"""The folder of a layer that is on Lambda's ``LD_LIBRARY_PATH``."""
_OPT = "/opt"


class Missing(NamedTuple):
    """A library that is not found when a file is loaded."""

    place: Placed
    """The file that needs it."""
    library: str


class Loading(NamedTuple):
    """What loading one file brings about."""

    loaded: dict[str, Placed]
    """The files of the layer, by their paths."""
    missing: list[Missing]
    from_image: list[tuple[Placed, str]]
    """Which file takes which library from the image."""


class Loader:
    """The loader of ``target``, for a layer of ``places``."""

    def __init__(self, places: Sequence[Placed], target: Target) -> None:
        self.image: Image = image_of(target.operating_system, target.machine)
        self._fitting = {
            place.path: place
            for place in places
            if place.native.elf is not None and not place.native.elf.damage and fits(place.native.elf, target)
        }
        self._names = {posixpath.basename(path) for path in self._fitting}
        self._library_folder = "lib64"

    def loadings(self) -> Iterator[Loading]:
        """What loading each file brings about, but for those that are only loaded because others need them.

        The latter find their libraries by way of the former: through their ``DT_RPATH``, or loaded already.
        """
        loadings = {path: self._load(place) for path, place in self._fitting.items()}
        needed = {path for own, loading in loadings.items() for path in loading.loaded if path != own}
        seen: set[str] = set()
        for path, loading in loadings.items():
            if path not in needed:
                seen |= loading.loaded.keys()
                yield loading
        for path, loading in loadings.items():  # two that need each other, and nobody else needs
            if path not in seen:
                seen |= loading.loaded.keys()
                yield loading

    def elsewhere(self, library: str) -> Placed | None:
        """A file of the layer that is called so, though the loader does not look there."""
        for place in self._fitting.values():
            if place.native.elf is not None and library in {place.native.elf.soname, posixpath.basename(place.path)}:
                return place
        return None

    def _load(self, first: Placed) -> Loading:
        """Breadth first, as the loader does; what is loaded once is found again by its name."""
        loading = Loading(loaded={first.path: first}, missing=[], from_image=[])
        known: dict[str, Placed] = {}
        waiting: list[tuple[Placed, tuple[str, ...]]] = [(first, ())]
        for place, inherited in waiting:
            elf = place.native.elf
            assert elf is not None
            known.setdefault(elf.soname, place)
            own = () if elf.runpath else (*_expanded(elf.rpath, place), *inherited)
            for library in elf.needed:
                if library in known:
                    continue
                found = self._find(library, place, own)
                if found is None and library in self.image.libraries:
                    loading.from_image.append((place, library))
                elif found is None:
                    loading.missing.append(Missing(place, library))
                else:
                    known[library] = found
                    if found.path not in loading.loaded:
                        loading.loaded[found.path] = found
                        waiting.append((found, own))
        return loading

    def _find(self, library: str, place: Placed, rpath: Sequence[str]) -> Placed | None:
        """The file of the layer that is loaded for ``library``; None where it is one of the image, or there is none."""
        elf = place.native.elf
        assert elf is not None
        if "/" in library:
            path = posixpath.normpath(library)
            return self._fitting.get(path.removeprefix(f"{_OPT}/")) if path.startswith(f"{_OPT}/") else None
        if library not in self._names:
            return None
        for folder in rpath:
            if found := self._fitting.get(f"{folder}/{library}"):
                return found
        if library in self.image.libraries:
            return None
        for folder in (_LIBRARIES, *_expanded(elf.runpath, place)):
            if found := self._fitting.get(f"{folder}/{library}"):
                return found
        return None


def _expanded(folders: Sequence[str], place: Placed) -> Iterator[str]:
    """The folders below ``/opt`` that a ``DT_RPATH`` or ``DT_RUNPATH`` of ``place`` names."""
    for folder in folders:
        text = folder
        for variable, value in (("ORIGIN", f"{_OPT}/{place.folder}"), ("LIB", "lib64")):
            text = text.replace(f"${{{variable}}}", value).replace(f"${variable}", value)
        path = posixpath.normpath(text)
        if path.startswith(f"{_OPT}/"):
            yield path.removeprefix(f"{_OPT}/")
