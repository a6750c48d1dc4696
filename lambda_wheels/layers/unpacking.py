"""A layer or a wheel as a folder that is like ``/opt``, for a while. (Writes the disk.)"""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from lambda_wheels.audit.links import led
from lambda_wheels.layers.packed import PackedZip
from lambda_wheels.layers.reading import list_entries
from lambda_wheels.layers.record import PYTHON
from lambda_wheels.problems import Severity
from lambda_wheels.store import open_store
from lambda_wheels.there import is_folder
from lambda_wheels.wheels import Member, read_wheel
from lambda_wheels.wheels.content import chunks_of
from lambda_wheels.wheels.findings import Findings
from lambda_wheels.wheels.layout import landing


@contextlib.contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The folder itself; or a fresh one with what a zip holds, or with a wheel below ``python/``.

    :raises WheelError: it is no longer a wheel, or a zip, that could be read.
    :raises ValueError: the same of a file in it, or it cannot be unpacked.
    :raises OSError: it cannot be read, or the folder not be written.
    """
    if is_folder(path):
        yield path
        return
    with open_store() as store, store.scratch() as scratch:
        tree = scratch / "opt"
        tree.mkdir()
        if path.suffix.lower() == ".whl":
            wheel = read_wheel(path)
            landed = ((landing(member.name, wheel.data), member) for member in wheel.members)
            _write(path, tree, ((PYTHON + name, member) for name, member in landed if name is not None))
        else:
            _unpack_zip(path, tree)
        yield tree


def _unpack_zip(path: Path, tree: Path) -> None:
    findings = Findings(path.name)
    packed = PackedZip(path)
    entries = list_entries(packed, findings)
    links = [entry for entry in entries if stat.S_ISLNK(entry.mode)]
    packed.read(entries, {}, findings, lambda _: None)
    if any(problem.severity is Severity.ERROR for problem in findings.problems):
        raise ValueError("it cannot be unpacked")
    linked = {link.name for link in links}
    _write(path, tree, ((name, member) for name, member in packed.members.items() if name not in linked))
    for link in links:  # last, so that nothing is written through one
        to = packed.content(link.name).decode("utf-8", "surrogateescape")
        if not led(link.path, to).startswith("..") and not to.startswith("/"):
            (tree / link.path).parent.mkdir(parents=True, exist_ok=True)
            (tree / link.path).symlink_to(to)


def _write(path: Path, tree: Path, members: Iterable[tuple[str, Member]]) -> None:
    with path.open("rb") as file:
        for name, member in members:
            place = tree / name
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("xb") as written:
                written.writelines(chunks_of(file, member))
            place.chmod(0o755 if member.executable else 0o644)
