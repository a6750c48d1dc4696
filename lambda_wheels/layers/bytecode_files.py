"""The bytecode among the files of a layer. (Pure.)"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from lambda_wheels.bytecode import bytecode_path
from lambda_wheels.layers.conflicts import Share
from lambda_wheels.layers.entries import Entry, copied
from lambda_wheels.layers.record import PYTHON
from lambda_wheels.wheels.layout import folders_above

if TYPE_CHECKING:
    from lambda_wheels.bytecode import Bytecode


def with_bytecode(shares: Sequence[Share], bytecode: Bytecode) -> list[Share]:
    """``shares``, after conflicts are settled, with the bytecode of the sources that stayed.

    It takes the place of bytecode that a wheel brings along for the same Python, as with pip, which compiles anew.
    """
    made = [_made(share, bytecode) for share in shares]
    new = {entry.path for entries in made for entry in entries}
    files = {entry.path for share in shares for entry in share.entries} - new
    return [
        share._replace(
            entries=[
                *(entry for entry in share.entries if entry.path not in new),
                # A file named __pycache__ leaves no room for a folder of that name.
                *(entry for entry in own if files.isdisjoint(folders_above(entry.path))),
            ]
        )
        for share, own in zip(shares, made, strict=True)
    ]


def size_of_bytecode(entries: Iterable[Entry], bytecode: Bytecode) -> int:
    """How many bytes of ``entries`` are bytecode that was compiled for this layer."""
    packs = {pack.path for pack in bytecode.packs.values()}
    return sum(entry.size for entry in entries if not isinstance(entry.source, bytes) and entry.source.wheel in packs)


def _made(share: Share, bytecode: Bytecode) -> list[Entry]:
    """The bytecode of the sources in ``share``."""
    pack = bytecode.packs.get(share.wheel.filename)
    if pack is None:
        return []
    sources = {entry.path.removeprefix(PYTHON) for entry in share.entries if entry.path.startswith(PYTHON)}
    wanted = {bytecode_path(path, bytecode.version) for path in sources if path.endswith(".py")}
    return [copied(PYTHON + member.name, pack.path, member) for member in pack.members if member.name in wanted]
