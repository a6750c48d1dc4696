"""Which project brought a file of a layer. (Reads the disk.)"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name

from lambda_wheels.wheels.findings import Findings
from lambda_wheels.wheels.record import read_record

_LARGEST_RECORD: Final = 16 << 20


def owners_of(tree: Path, folders: Iterable[str]) -> dict[str, str]:
    """The projects by the files that their RECORD lists, as paths in the layer.

    :param folders: where distributions are, the one that counts first.
    """
    owners: dict[str, str] = {}
    for folder in folders:
        for record in sorted((tree / folder).glob("*.dist-info/RECORD")):
            project = canonicalize_name(record.parent.name.partition("-")[0])
            for path in _listed(record):
                owners.setdefault(posixpath.normpath(f"{folder}/{path}"), project)
    return owners


def _listed(record: Path) -> list[str]:
    """What ``record`` lists; nothing where it cannot be read, which others have to say."""
    try:
        content = record.read_bytes() if record.stat().st_size <= _LARGEST_RECORD else b""
    except OSError:
        return []
    rows = read_record(content, Findings(record.parent.name), member=record.name)
    return [row.path for row in rows or ()]
