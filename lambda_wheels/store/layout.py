"""Where things are in the store's folder. (Pure, but for walking it.)

::

    <folder>/v1/wheels/<first two hex>/<sha256>/<file name>.whl
    <folder>/v1/wheels/<first two hex>/<sha256>/<file name>.whl.facts.json
    <folder>/v1/wheels/<first two hex>/<sha256>/<file name>.whl.cpython-3.13.0.bytecode
    <folder>/v1/locks/<sha256 of a wheel, or of the path of an output>.lock
    <folder>/v1/scratch/<random>/, <random>.lock
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from packaging.utils import parse_wheel_filename

FACTS_SUFFIX: Final = ".facts.json"
PACK_SUFFIX: Final = ".bytecode"

_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+!-]*\.whl")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_VERSION: Final = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")
_PACK: Final = re.compile(rf"(?P<wheel>.+\.whl)\.cpython-(?P<version>{_VERSION.pattern}){re.escape(PACK_SUFFIX)}")


class Layout(NamedTuple):
    """The paths below the store's folder."""

    folder: Path

    @property
    def wheels(self) -> Path:
        """The wheels and what is known of them."""
        return self.folder / "v1" / "wheels"

    @property
    def scratch(self) -> Path:
        """Unfinished work."""
        return self.folder / "v1" / "scratch"

    @property
    def locks(self) -> Path:
        """Lock files, one for each wheel, and one for each folder that a layer was written into."""
        return self.folder / "v1" / "locks"

    def wheel(self, filename: str, sha256: str) -> Path:
        """Where the wheel is kept.

        :raises ValueError: ``filename`` is not a plain wheel file name, or ``sha256`` is not one.
        """
        if not _PLAIN_NAME.fullmatch(filename):
            raise ValueError(f"not a wheel file name: {filename!r}")
        parse_wheel_filename(filename)
        return self.wheels / _checked(sha256)[:2] / sha256 / filename

    @property
    def wheel_template(self) -> str:
        """Where any wheel is kept, as a format string of ``sha256`` and ``filename``: for pip's process."""
        wheels = str(self.wheels).replace("{", "{{").replace("}", "}}")
        return str(Path(wheels, "{sha256:.2}", "{sha256}", "{filename}"))

    def lock(self, sha256: str) -> Path:
        """The lock file for work on one wheel or output.

        :raises ValueError: ``sha256`` is not one.
        """
        return self.locks / f"{_checked(sha256)}.lock"

    def every_file(self, suffix: str) -> Iterator[Path]:
        """The files in the wheels' folders whose names end with ``suffix``, in a fixed order.

        :raises OSError: a folder cannot be read; those that vanish meanwhile are passed over.
        """
        for first in _entries(self.wheels):
            for folder in _entries(first):
                yield from (path for path in _entries(folder) if path.name.endswith(suffix))


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def facts_of(wheel: Path) -> Path:
    """Where the facts about a wheel are kept."""
    return wheel.with_name(wheel.name + FACTS_SUFFIX)


def pack_of(wheel: Path, version: str) -> Path:
    """Where the bytecode of a wheel is kept that CPython ``version``, ``3.13.0``, has compiled.

    :raises ValueError: ``version`` is not a full one.
    """
    if not _VERSION.fullmatch(version):
        raise ValueError(f"not the full version of a release: {version!r}")
    return wheel.with_name(f"{wheel.name}.cpython-{version}{PACK_SUFFIX}")


def said_by_name(pack: Path) -> tuple[Path, str] | None:
    """The wheel whose bytecode would be kept at ``pack``, and the version; None where none would."""
    found = _PACK.fullmatch(pack.name)
    return (pack.with_name(found["wheel"]), found["version"]) if found else None


def packs_of(wheel: Path) -> list[Path]:
    """The files that hold bytecode of a wheel, whatever the version."""
    return [path for path in _entries(wheel.parent) if (said := said_by_name(path)) and said[0] == wheel]


def _checked(sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"not a sha256 in lower-case hexadecimal: {sha256!r}")
    return sha256
