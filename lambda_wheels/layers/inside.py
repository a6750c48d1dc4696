"""What a layer that is there already is: its digests, its sizes, and what it runs on. (Reads the disk.)"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from packaging.utils import NormalizedName, canonicalize_name

from lambda_wheels.audit.held import Held
from lambda_wheels.audit.view import View
from lambda_wheels.layers.compatibility import compatibility
from lambda_wheels.layers.entries import digest_of_files
from lambda_wheels.layers.manifest import Manifest, is_manifest_path, manifest_path, parse_manifest
from lambda_wheels.layers.reading import Reading, read_layer
from lambda_wheels.problems import Problem
from lambda_wheels.targets import Target
from lambda_wheels.wheels import Wheel
from lambda_wheels.wheels.filename import parse_filename
from lambda_wheels.wheels.pyc import Pyc

_LINK: Final = 0o120777
"""The mode of a link, which no plain file can have."""


class Inside(NamedTuple):
    """A layer on disk, whoever made it."""

    held: Held
    manifest: Manifest | None
    """What it says that it was made of, if it is one of ours."""
    content_sha256: str
    """As that of a :class:`~lambda_wheels.Layer`; of any other, links are hashed with where they lead."""
    unzipped_size: int
    """Bytes of its files, links left out."""
    problems: tuple[Problem, ...]
    """What is wrong with it as an archive, or a tree of files."""
    is_sound: bool
    """Whether all of it could be read, and may be unpacked."""

    @classmethod
    def of(cls, reading: Reading) -> Inside:
        """What was read, understood."""
        held = reading.held
        return cls(
            held,
            manifest_in(held),
            digest_of_files(_hashed(held)),
            sum(file.size for path, file in held.files.items() if path not in held.linked),
            reading.problems,
            reading.is_sound,
        )

    def compatibility(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The runtimes and architectures that a layer of ours runs on, going by its manifest and what it holds."""
        assert self.manifest is not None, "nothing is known of it"
        runtimes = tuple(target.runtime for target in self.manifest.targets)
        target = self.manifest.targets[0]
        if len(runtimes) > 1 and any(wheel.runtimes for wheel in self.manifest.wheels):
            return runtimes, (target.architecture,)
        view = View.of(self.held, target)
        wheels = [*_wheels(self.manifest, view)]
        if len(wheels) != len(self.manifest.wheels):  # somebody took something away
            return runtimes, (target.architecture,)
        found = compatibility(
            wheels,
            target,
            libraries=view.places,
            waived=self.manifest.waived,
            bound_to_runtime=self.manifest.scripts and self._has_scripts,
        )
        return found if {*runtimes} <= {*found[0]} else (runtimes, (target.architecture,))

    def projects(self, targets: Iterable[Target]) -> dict[tuple[str, str], int]:
        """Name and version of each project that any of ``targets`` finds, with the bytes of its files."""
        sizes: Counter[tuple[str, str]] = Counter()
        seen: set[str] = set()
        for target in targets:
            for one in View.of(self.held, target).installation.distributions:
                if one.info not in seen:
                    seen.add(one.info)
                    files = (self.held.files.get(path) for path in one.rows)
                    sizes[one.name, str(one.version)] += sum(file.size for file in files if file is not None)
        return dict(sizes)

    @property
    def _has_scripts(self) -> bool:
        natives = {native.path for native in self.held.natives}
        return any(path.startswith("bin/") and path not in natives for path in self.held.files)


def read_inside(layer: Path, on_read: Callable[[int], None] = lambda _: None) -> Inside:
    """Read every file of ``layer``, a zip or a folder. Errors are those of :func:`~.reading.read_layer`."""
    return Inside.of(read_layer(layer, on_read))


def manifest_in(held: Held) -> Manifest | None:
    """What a layer of ours says of itself; nothing where it is none, or several in one."""
    found = []
    for path, text in held.texts.items():
        if manifest_path(text) == path:
            try:
                found.append(parse_manifest(text))
            except ValueError:
                return None
    return found[0] if len(found) == 1 else None


def _hashed(held: Held) -> Iterator[tuple[str, int, str]]:
    """Path, mode and sha256 of everything but our manifest: a link's is that of where it says that it leads."""
    for path, file in held.files.items():
        if path not in held.linked and not is_manifest_path(path):
            yield path, 0o644 if file.mode is None else file.mode, file.sha256
    for path, to in held.links.items():
        yield path, _LINK, hashlib.sha256(to.encode("utf-8", "surrogateescape")).hexdigest()


def _wheels(manifest: Manifest, view: View) -> Iterator[Wheel]:
    """The wheels of the manifest, as far as a layer shows what they need; their machine code is in ``view``."""
    pycs: dict[NormalizedName | None, list[Pyc]] = {}
    for pyc in view.held.pycs:
        pycs.setdefault(view.installation.owners.get(pyc.path), []).append(pyc)
    for wheel in manifest.wheels:
        installed = view.distributions.get(canonicalize_name(wheel.name))
        if installed is None:
            continue
        try:
            name, version, build, tags = parse_filename(wheel.filename)
        except ValueError:
            continue
        if name == installed.name:
            requires_python, requires_dist, provides_extra = installed.metadata
            yield Wheel(
                filename=wheel.filename,
                sha256=wheel.sha256,
                size=0,
                name=name,
                version=version,
                build=build,
                tags=tags,
                requires_python=requires_python,
                requires_dist=requires_dist,
                provides_extra=provides_extra,
                dist_info="",
                data="",
                entry_points="",
                members=(),
                natives=(),
                pycs=tuple(pycs.get(name, ())),
                problems=(),
            )
