"""The contents of a layer: which path comes from where. (Pure, but that ``read`` reads scripts from the disk.)

The tree is what ``pip install --target python`` writes, but for what depends on pip's host or is pip's own slip.
Sources: PyPA specifications, "Binary distribution format" (PEP 427) and "Recording installed projects"; pip's
``operations/install/wheel.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import NormalizedName

from lambda_wheels.errors import LayerError
from lambda_wheels.layers.conflicts import Settlement, Share, settle
from lambda_wheels.layers.entries import Entry, content_digest, copied, generated, in_order
from lambda_wheels.layers.libraries import Library
from lambda_wheels.layers.limits import check_limits
from lambda_wheels.layers.manifest import Manifest, ManifestLibrary, ManifestWheel, manifest_path
from lambda_wheels.layers.record import INSTALLER, record_text
from lambda_wheels.layers.scripts import entry_point_scripts, is_for_python, is_wrapper, with_interpreter
from lambda_wheels.layers.sources import pieces_of
from lambda_wheels.layers.views import Home, View, audience, homes
from lambda_wheels.layers.zip_format import zip_size
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.store import StoredWheel
from lambda_wheels.targets import Target
from lambda_wheels.wheels import Wheel
from lambda_wheels.wheels.layout import landing

if TYPE_CHECKING:
    from lambda_wheels.bytecode import Bytecode

Read = Callable[[Entry], Generator[bytes]]
"""Gives the inflated bytes of an entry in pieces: asked for scripts only."""

_NOT_INSTALLED = frozenset({"RECORD", "RECORD.jws", "RECORD.p7s", "INSTALLER", "REQUESTED", "direct_url.json"})
"""What of a dist-info folder is written anew, or says how something was installed that was not."""
_BIN = "bin/"
"""The folder of a layer that Lambda puts on PATH."""


class Contents(NamedTuple):
    """Everything that a layer will hold, before any of it is written."""

    entries: tuple[Entry, ...]
    """In the order in which they are written; the manifest among them."""
    homes: tuple[Home, ...]
    """Where the wheels are, by name."""
    manifest: Manifest
    content_sha256: str
    """See :func:`~lambda_wheels.layers.entries.content_digest`."""
    libraries: tuple[Library, ...]
    """Shared objects that come from no wheel."""
    unzipped_size: int
    """Bytes of all files together."""
    zip_size: int
    """Bytes that the zip will have."""
    bound_to_runtime: bool
    """Whether a file names the interpreter of one runtime, so that the layer fits no other."""
    warnings: tuple[Problem, ...]

    @property
    def wheels(self) -> tuple[Wheel, ...]:
        """By name, each once."""
        return tuple({home.stored.wheel.sha256: home.stored.wheel for home in self.homes}.values())

    @property
    def targets(self) -> tuple[Target, ...]:
        """What it is for: several differ in their runtimes only."""
        return self.manifest.targets


def lay_out(
    views: Sequence[View],
    *,
    scripts: bool = False,
    bytecode: Bytecode | None = None,
    libraries: Sequence[Library] = (),
    allow: Collection[str] = (),
    waived: Iterable[str] = (),
    read: Read = pieces_of,
) -> Contents:
    """Decide every file of the layer. The order of a view's wheels does not matter.

    :param views: what each runtime is to see; mostly it is one.
    :param scripts: whether ``.data/scripts`` and entry points become files in the layer's ``bin/``.
    :param bytecode: that of the wheels, if it is to be in the layer; then there is one runtime.
    :param libraries: shared objects that come from no wheel, for the layer's ``lib/``.
    :param allow: what may be waived, ``RULE:PROJECT`` with the project's normalised name.
    :param waived: what was waived before, which the manifest says too.
    :raises LayerError: with every reason for which the wheels do not make a layer.
    """
    placed = homes(views)
    targets = tuple(view.target for view in views)
    wheels = {home.stored.wheel.sha256: home.stored for home in placed}
    made = {sha256: _scripts(stored, targets, read) if scripts else _Scripts() for sha256, stored in wheels.items()}
    shares = [
        Share(stored.wheel, [*_library_files(stored, folder), *made[stored.wheel.sha256].entries], folder)
        for stored, folder, _ in placed
    ]
    settlement = settle(shares, allow)
    having = audience(views)
    manifest = Manifest(
        wheels=tuple(ManifestWheel.of(stored.wheel, having.get(sha256, ())) for sha256, stored in wheels.items()),
        targets=targets,
        waived=tuple(sorted({*waived, *settlement.waived})),
        scripts=scripts,
        bytecode=bytecode.version if bytecode else None,
        libraries=tuple(ManifestLibrary(library.name, library.sha256) for library in libraries),
    )
    shares = [_without_what_gave_way(share, settlement) for share in shares]
    compiled_size = 0
    if bytecode:
        from lambda_wheels.layers.bytecode_files import size_of_bytecode, with_bytecode  # here since most have none

        shares = with_bytecode(shares, bytecode)
        compiled_size = size_of_bytecode((entry for share in shares for entry in share.entries), bytecode)
    shares = [_with_record(share) for share in shares]
    files = in_order([*_merge(shares), *(generated(library.path, library.content) for library in libraries)])
    said = manifest.as_bytes()
    everything = in_order([*files, generated(manifest_path(said), said)])
    sizes = Counter[NormalizedName]()
    for share in shares:
        sizes[share.wheel.name] += sum(entry.size for entry in share.entries)
    unzipped_size = sum(entry.size for entry in everything)
    zipped_size = zip_size(everything)
    problems = [problem for own in made.values() for problem in own.problems]
    problems += settlement.problems
    problems += check_limits(len(everything), unzipped_size, zipped_size, sizes, compiled=compiled_size)
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise LayerError(problems)
    return Contents(
        entries=tuple(everything),
        homes=tuple(placed),
        manifest=manifest,
        content_sha256=content_digest(files),
        libraries=tuple(libraries),
        unzipped_size=unzipped_size,
        zip_size=zipped_size,
        bound_to_runtime=any(own.names_interpreter for own in made.values()),
        warnings=tuple(problems),
    )


def _library_files(stored: StoredWheel, folder: str) -> Iterator[Entry]:
    """What of the wheel goes below ``folder``; RECORD is empty as yet."""
    wheel = stored.wheel
    for member in wheel.members:
        if (path := _library_path(wheel, member.name)) is not None:
            yield copied(folder + path, stored.path, member)
    yield generated(f"{folder}{wheel.dist_info}/INSTALLER", INSTALLER)
    yield generated(_record_path(wheel, folder), b"")


def _record_path(wheel: Wheel, folder: str) -> str:
    return f"{folder}{wheel.dist_info}/RECORD"


def _library_path(wheel: Wheel, name: str) -> str | None:
    """Where below its folder the member ``name`` goes; None where it does not."""
    if not name.startswith((wheel.dist_info, wheel.data)):  # most
        return name
    first, _, rest = name.partition("/")
    if first == wheel.dist_info and rest in _NOT_INSTALLED:
        return None
    return landing(name, wheel.data)


class _Scripts(NamedTuple):
    """What a wheel puts below ``bin/``."""

    entries: Sequence[Entry] = ()
    names_interpreter: bool = False
    problems: Sequence[Problem] = ()


def _scripts(stored: StoredWheel, targets: Sequence[Target], read: Read) -> _Scripts:
    """The wheel's own scripts, and those that its entry points ask for."""
    target = targets[0]
    made, problems = entry_point_scripts(stored.wheel, target)
    entries = [generated(_BIN + name, content, executable=True) for name, content in made.items()]
    names_interpreter = bool(made)
    folder = f"{stored.wheel.data}/scripts/"
    for member in stored.wheel.members:
        name = member.name.removeprefix(folder)
        if name == member.name or is_wrapper(name.rpartition("/")[2], made):
            continue
        as_it_is = copied(_BIN + name, stored.path, member, executable=True)
        with closing(read(as_it_is)) as pieces:  # a program of 60 MB is a script, too: its start is enough
            start = next(pieces, b"")
            if is_for_python(start):
                content = with_interpreter(start + b"".join(pieces), target)
                entries.append(generated(_BIN + name, content, executable=True))
                names_interpreter = True
            else:
                entries.append(as_it_is)
    if names_interpreter and len(targets) > 1:
        problems.append(
            Problem(
                rule="several-runtimes",
                project=stored.wheel.name,
                wheel=stored.wheel.filename,
                message="its scripts name the one Python that runs them",
                hint="build without scripts, or a layer for each runtime",
            )
        )
    return _Scripts(entries=entries, names_interpreter=names_interpreter, problems=problems)


def _without_what_gave_way(share: Share, settlement: Settlement) -> Share:
    left_out = {given for wheel, given in settlement.given_way if wheel == share.wheel.filename}
    return share._replace(entries=[entry for entry in share.entries if entry.path not in left_out])


def _with_record(share: Share) -> Share:
    """The share with its RECORD, in place of the empty one."""
    path = _record_path(share.wheel, share.folder)
    entries = [entry for entry in share.entries if entry.path != path]
    entries.append(generated(path, record_text(entries, path, share.folder)))
    return share._replace(entries=entries)


def _merge(shares: Sequence[Share]) -> list[Entry]:
    """The files of all wheels, one for each path: the first wheel's, executable if any wheel says so."""
    files: dict[str, Entry] = {}
    for share in shares:
        for entry in share.entries:
            known = files.setdefault(entry.path, entry)
            if entry.executable and not known.executable:
                files[entry.path] = entry
    return list(files.values())
