"""Proven wheels as files in a folder of the caller's. (Writes the disk.)"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from lambda_wheels.layers.output import failed, refused, settled
from lambda_wheels.layers.staging import staged_folder, sweep
from lambda_wheels.store import StoredWheel
from lambda_wheels.store.atomic import replace
from lambda_wheels.store.changed import changed
from lambda_wheels.there import is_folder, is_taken

_PIECE: Final = 1 << 20


def check_wheel_folder(output: Path) -> None:
    """Refuse now what cannot become a folder of wheels, before anything is resolved or fetched. Writes nothing.

    :raises OutputRefusedError: if it is something else.
    :raises OutputError: if that cannot be told.
    """
    folder = settled(output)
    try:
        if is_taken(folder) and not is_folder(folder):
            raise refused(output, "it is a file, and a folder was asked for", "choose a name that is free")
    except OSError as error:
        raise failed(output, error) from error


def copy_wheels(wheels: Iterable[StoredWheel], output: Path) -> None:
    """Put a copy of each of ``wheels`` into the folder ``output``; each appears complete or not at all.

    :raises OutputError: if one cannot be written, or is no longer what was proven.
    """
    folder = settled(output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sweep(folder)
        with staged_folder(folder) as aside:
            for stored in wheels:
                copy = aside / stored.wheel.filename
                _copy(stored, copy)
                replace(copy, folder / stored.wheel.filename)
    except OSError as error:
        raise failed(output, error) from error


def _copy(stored: StoredWheel, copy: Path) -> None:
    """Copy, and hash what is copied: it was proven some time ago."""
    digest = hashlib.sha256()
    with copy.open("xb") as file:
        for piece in _pieces(stored.path):
            digest.update(piece)
            file.write(piece)
    if digest.hexdigest() != stored.wheel.sha256:
        raise changed(stored.path, "it has other bytes than it had")


def _pieces(path: Path) -> Iterator[bytes]:
    """The bytes of a wheel in the store, whose failure is not the output's."""
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
    except OSError as error:
        raise changed(path, error.strerror or str(error)) from error
