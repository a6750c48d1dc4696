"""How a secret may look where it does not belong, and where to look for it. (Reads the disk and /proc.)"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shlex
import threading
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote, quote_plus

_EVERY: Final = 0.03
"""Seconds between two looks at what changes."""


def forms(secret: str, user: str = "") -> set[str]:
    """``secret`` as it is, percent-encoded in upper and lower case, in base64 alone and behind ``user``, in quotes."""
    escaped = {quote(secret, safe=""), quote(secret), quote_plus(secret), quote(quote(secret, safe=""), safe="")}
    lower = {re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), text) for text in escaped}
    quoted = {json.dumps(secret)[1:-1], repr(secret)[1:-1], shlex.quote(secret), secret.strip()}
    encoded = {base64.b64encode(text.encode()).decode().rstrip("=") for text in (secret, f"{user}:{secret}")}
    return {secret, *escaped, *lower, *quoted, *encoded, *(text.translate({43: "-", 47: "_"}) for text in encoded)}


def found(text: str | bytes, secrets: Iterable[str]) -> list[str]:
    """Which of ``secrets`` are in ``text``."""
    content = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    return sorted(secret for secret in secrets if secret.encode() in content)


def chain(error: BaseException | None) -> Iterator[str]:
    """All that an error says, and all that it came of."""
    seen: set[int] = set()
    todo = [error]
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield f"{one!r} {one} {one.args!r} {vars(one)!r}"
        todo += [one.__cause__, one.__context__]


def contents(*places: Path, inflated: bool = True) -> Iterator[tuple[str, bytes]]:
    """Every file below ``places`` with its name, the members of archives ``inflated`` as well."""
    for place in places:
        for path in _below(place):
            try:
                yield str(path), str(path).encode("utf-8", "surrogateescape")
                if path.is_file():
                    yield str(path), path.read_bytes()
                    if inflated and zipfile.is_zipfile(path):
                        with zipfile.ZipFile(path) as archive:
                            yield from ((f"{path}!{name}", archive.read(name)) for name in archive.namelist())
            except FileNotFoundError:  # gone meanwhile
                continue


def _below(place: Path) -> Iterator[Path]:
    """``place`` and all below it; what goes meanwhile is passed over, which ``rglob`` does not do on Python 3.11."""
    if place.exists():
        yield place
    for folder, folders, files in os.walk(place):
        yield from (Path(folder, name) for name in (*folders, *files))


class Watch:
    """Looks all the time, within ``with``, at the arguments of our children, and at files that others could read.

    :param places: folders in which files come and go.
    """

    def __init__(self, secrets: Iterable[str], *places: Path) -> None:
        self._secrets = list(secrets)
        self._places = places
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch")
        self.leaks: set[str] = set()
        self.children: set[str] = set()
        """The arguments that were seen."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(_EVERY):
            for pid in _children(os.getpid()):
                try:
                    arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
                except OSError:
                    continue
                self.children.add(arguments.decode("utf-8", "replace"))
                self.leaks |= {f"arguments: {secret}" for secret in found(arguments, self._secrets)}
            for place in self._places:
                for name, content in contents(place, inflated=False):
                    if found(content, self._secrets) and not _is_private(Path(name), place):
                        self.leaks.add(f"{name} is for all to read")


def _children(pid: int) -> list[int]:
    """The processes that came of ``pid``."""
    below: list[int] = []
    with contextlib.suppress(OSError):  # it ended
        for task in Path(f"/proc/{pid}/task").iterdir():
            below += map(int, (task / "children").read_text().split())
    return [*below, *(one for child in below for one in _children(child))]


def _is_private(path: Path, place: Path) -> bool:
    """Whether nobody else gets at ``path``, for its own mode or that of a folder above it, but below ``place``."""
    for one in (path, *path.parents):
        if one == place:
            return False
        try:
            if not one.stat().st_mode & 0o077:
                return True
        except FileNotFoundError:
            return True
    return False
