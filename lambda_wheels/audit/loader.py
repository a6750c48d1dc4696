"""Where the loader of a target finds the libraries that files of a layer need. (Pure.)

Source: ld.so(8), "DESCRIPTION": first what is loaded already; then ``DT_RPATH``, of the file and of those that have it
loaded, where it has no ``DT_RUNPATH``; then ``LD_LIBRARY_PATH``; then ``DT_RUNPATH``; then the system's own folders. In
Lambda ``LD_LIBRARY_PATH`` has the system's folders first, and ``/opt/lib`` last (AWS, "Working with layers").
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from lambda_wheels.audit.placed import Placed, fits
from lambda_wheels.targets import Target
from lambda_wheels.targets.libraries import Image, image_of
from lambda_wheels.wheels.native import Elf

_LIBRARIES: Final = "lib"
"""The folder of a layer that is on Lambda's ``LD_LIBRARY_PATH``."""
_OPT: Final = "/opt"
_LONGEST: Final = 4_096
"""Bytes that a path may have on Linux (``PATH_MAX``)."""
_STEPS: Final = 10_000_000
"""How many names are looked up for one layer: a second or two of them. vtk 9.7, with 376 files, takes 140,000."""
_STEPS_OF_A_FOLDER: Final = 100
_STEPS_OF_A_MISS: Final = 100
"""What takes longer, or memory, counts for more."""


class Missing(NamedTuple):
    """A library that is not found when a file is loaded."""

    place: Placed
    """The file that needs it."""
    library: str


class Loaded(NamedTuple):
    """What comes of loading the files of a layer."""

    missing: list[Missing]
    """Each once."""
    from_image: list[tuple[Placed, str]]
    """Which file takes which library from the image, each once."""
    together: list[set[str]]
    """The paths of files that come with one another, several at a time."""
    unfollowed: list[Placed]
    """The files of which it was not tried, since others need each other in too many ways."""


class _Loading(NamedTuple):
    """What loading one file brings about."""

    paths: set[str]
    """The files of the layer that are loaded."""
    missing: list[Missing]
    from_image: list[tuple[Placed, str]]


class _TooManyStepsError(Exception):
    """The files need each other in more ways than can be followed."""


class Loader:
    """The loader of ``target``, for a layer of ``places``."""

    def __init__(self, places: Sequence[Placed], target: Target) -> None:
        self.image: Image = image_of(target.operating_system, target.machine)
        self._fitting = {
            place.path: place
            for place in places
            if place.native.elf is not None and not place.native.elf.damage and fits(place.native.elf, target)
        }
        self._by_name: dict[str, dict[str, Placed]] = {}
        """By file name and folder."""
        self._by_soname: dict[str, Placed] = {}
        for place in self._fitting.values():
            self._by_name.setdefault(posixpath.basename(place.path), {})[place.folder] = place
            self._by_soname.setdefault(_elf(place).soname, place)
        self._folders = {place.folder for place in self._fitting.values()}
        self._rpaths: dict[str, tuple[str, ...]] = {}
        self._steps = _STEPS

    def load(self) -> Loaded:
        """Load each file, but for those that are only loaded because others need them.

        The latter find their libraries by way of the former: through their ``DT_RPATH``, or loaded already.
        """
        missing: dict[tuple[str, str], Missing] = {}
        from_image: dict[tuple[str, str], tuple[Placed, str]] = {}
        together: list[set[str]] = []
        loaded: set[str] = set()
        try:
            for loading in self._loadings(loaded):
                if len(loading.paths) > 1:
                    together.append(loading.paths)
                missing.update(((one.place.path, one.library), one) for one in loading.missing)
                from_image.update(((place.path, library), (place, library)) for place, library in loading.from_image)
        except _TooManyStepsError:
            unfollowed = [place for place in self._fitting.values() if place.path not in loaded]
        else:
            unfollowed = []
        return Loaded([*missing.values()], [*from_image.values()], together, unfollowed)

    def elsewhere(self, library: str) -> Placed | None:
        """A file of the layer that is called so, though the loader does not look there."""
        by_name = self._by_name.get(library)
        return next(iter(by_name.values())) if by_name else self._by_soname.get(library)

    def _loadings(self, loaded: set[str]) -> Iterator[_Loading]:
        """What has to be loaded by itself; ``loaded`` grows by all that comes with it."""
        named = {posixpath.basename(library) for place in self._fitting.values() for library in _elf(place).needed}
        for path, place in self._fitting.items():
            if posixpath.basename(path) not in named:
                yield self._also(loaded, self._load(place))
        # What is left is needed by others that did not find it, or belongs to a circle that nobody else needs.
        loadings: dict[str, _Loading] = {}
        by_others: set[str] = set()
        for path, place in self._fitting.items():
            if path not in loaded and path not in by_others:
                loadings[path] = self._load(place)
                by_others |= loadings[path].paths - {path}
        for path, loading in loadings.items():
            if path not in by_others:
                yield self._also(loaded, loading)
        for path, place in self._fitting.items():
            if path not in loaded:
                yield self._also(loaded, self._load(place))

    def _also(self, loaded: set[str], loading: _Loading) -> _Loading:
        loaded |= loading.paths
        return loading

    def _load(self, first: Placed) -> _Loading:
        """Breadth first, as the loader does; what is loaded once is found again by its name."""
        loading = _Loading(paths={first.path}, missing=[], from_image=[])
        known: dict[str, Placed | None] = {_elf(first).soname: first}
        """By the names under which they are found again; None for libraries of the image."""
        waiting: list[tuple[Placed, tuple[str, ...]]] = [(first, ())]
        for place, inherited in waiting:
            elf = _elf(place)
            # A file with a DT_RUNPATH is looked for libraries without any DT_RPATH; what it has loaded need not be.
            rpath = self._joined(place, inherited)
            # The loader that a program is started with, the system opens for it at that path.
            wanted = (*elf.needed, elf.interpreter) if elf.interpreter else elf.needed
            self._count(1 + len(wanted) + len(rpath))
            for library in wanted:
                if library not in known:
                    found = self._find(library, place, () if elf.runpath else rpath)
                    if found is None and not self.image.has(library):
                        self._count(_STEPS_OF_A_MISS)
                        loading.missing.append(Missing(place, library))
                        continue
                    known[library] = found
                    if found is not None and found.path not in loading.paths:
                        loading.paths.add(found.path)
                        known.setdefault(_elf(found).soname, found)
                        waiting.append((found, rpath))
                if known[library] is None:
                    loading.from_image.append((place, library))
        return loading

    def _find(self, library: str, place: Placed, rpath: Sequence[str]) -> Placed | None:
        """The file of the layer that is loaded for ``library``; None where it is one of the image, or there is none."""
        if "/" in library:
            return self._fitting.get(_below_opt(library, place) or "")
        by_folder = self._by_name.get(library)
        if by_folder is None:
            return None
        self._count(len(rpath))
        for folder in rpath:
            if folder in by_folder:
                return by_folder[folder]
        if library in self.image.libraries:
            return None
        for folder in (_LIBRARIES, *self._expanded(_elf(place).runpath, place)):
            if folder in by_folder:
                return by_folder[folder]
        return None

    def _joined(self, place: Placed, inherited: tuple[str, ...]) -> tuple[str, ...]:
        """The folders of a file's ``DT_RPATH``, which a ``DT_RUNPATH`` makes void, and of those that have it loaded."""
        elf = _elf(place)
        if not elf.rpath or elf.runpath:
            return inherited
        own = self._rpaths.get(place.path)
        if own is None:
            own = self._rpaths[place.path] = self._expanded(elf.rpath, place)
        return tuple(dict.fromkeys((*own, *inherited))) if inherited else own

    def _expanded(self, folders: Sequence[str], place: Placed) -> tuple[str, ...]:
        """Those of the folders that a ``DT_RPATH`` or ``DT_RUNPATH`` of ``place`` names in which there is something."""
        self._count(_STEPS_OF_A_FOLDER * len(folders))
        below = (_below_opt(folder, place) for folder in folders)
        return tuple(dict.fromkeys(folder for folder in below if folder in self._folders))

    def _count(self, steps: int) -> None:
        self._steps -= steps
        if self._steps < 0:
            raise _TooManyStepsError


def _elf(place: Placed) -> Elf:
    elf = place.native.elf
    assert elf is not None
    return elf


def _below_opt(path: str, place: Placed) -> str | None:
    """A path that a file names, below ``/opt``; None where it leads elsewhere."""
    origin = f"{_OPT}/{place.folder}"
    if len(path) + path.count("$") * len(origin) > _LONGEST:
        return None
    for variable, value in (("ORIGIN", origin), ("LIB", "lib64")):
        path = path.replace(f"${{{variable}}}", value).replace(f"${variable}", value)
    path = posixpath.normpath(path)
    return path.removeprefix(f"{_OPT}/") if path.startswith(f"{_OPT}/") else None
