"""Wheels for the tests, each as plain as can be, or with the one defect that a test asks for. (Writes the disk.)"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import itertools
import re
import stat
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from tests.forged_zip import Entry, forge
from tests.wheel_defects import ARCHIVE, CONTENTS, DEFECTS, FILE, RECORD, Defect, Draft

_DEFAULT_MODE = stat.S_IFREG | 0o644


def make_wheel(
    folder: Path,
    name: str = "demo",
    version: str = "1.0",
    *,
    files: Mapping[str, bytes | str] | None = None,
    tag: str = "py3-none-any",
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    extras: Sequence[str] = (),
    entry_points: str | None = None,
    data: Mapping[str, bytes | str] | None = None,
    build: str | None = None,
    modes: Mapping[str, int] | None = None,
    stored: Collection[str] = (),
    defect: str | None = None,
) -> Path:
    """Write a wheel into ``folder`` and return its path. The same arguments give the same bytes.

    :param files: path in the archive to content, instead of one package named like the project; a path inside the
        ``.dist-info`` folder replaces what would stand there, and a surrogate stands for a byte that is no UTF-8.
    :param tag: the compressed tag set of the file name, ``py2.py3-none-any``.
    :param data: the same below the ``.data`` folder: ``{"scripts/demo": "#!python\\n"}``.
    :param modes: the whole ``st_mode`` by path in the archive; without a file type it is written without one.
    :param stored: the paths in the archive that are not deflated.
    :param defect: the one thing that is wrong, by its name in :mod:`tests.wheel_defects`.
    """
    assert defect is None or defect in DEFECTS, f"no such defect: {defect}"
    escaped = re.sub(r"[-_.]+", "_", name).lower()
    stem = f"{escaped}-{version.replace('-', '_')}"
    if files is None:
        files = {f"{escaped}/__init__.py": f"NAME = {name!r}\n"}
    draft = Draft(dist_info=f"{stem}.dist-info", contents={})
    inside = f"{draft.dist_info}/"
    draft.contents |= {path: _bytes(content) for path, content in files.items() if not path.startswith(inside)}
    draft.contents |= {f"{stem}.data/{path}": _bytes(content) for path, content in (data or {}).items()}
    draft.contents[f"{inside}METADATA"] = _metadata(name, version, requires, requires_python, extras)
    draft.contents[f"{inside}WHEEL"] = _wheel(tag, build)
    if entry_points is not None:
        draft.contents[f"{inside}entry_points.txt"] = entry_points.encode()
    draft.contents |= {path: _bytes(content) for path, content in files.items() if path.startswith(inside)}
    _apply(CONTENTS, defect, draft)
    _add_record(draft, defect)
    draft.entries = [
        Entry(
            name=path.encode("utf-8", "surrogateescape"),
            content=content,
            method=0 if path in stored else zlib.DEFLATED,
            mode=(modes or {}).get(path, _DEFAULT_MODE),
        )
        for path, content in draft.contents.items()
    ]
    _apply(ARCHIVE, defect, draft)
    archive = forge(draft.entries, **draft.archive)
    path = folder / f"{stem}{f'-{build}' if build else ''}-{tag}.whl"
    path.write_bytes(FILE[defect](archive) if defect is not None and defect in FILE else archive)
    return path


def record_rows(contents: Mapping[str, bytes], itself: str) -> list[list[str]]:
    """The rows of RECORD for ``contents``, with its own row last."""
    return [*([path, record_hash(content), str(len(content))] for path, content in contents.items()), [itself, "", ""]]


def record(rows: Iterable[Iterable[str]]) -> bytes:
    """RECORD as a file; a surrogate stands for a byte that is no UTF-8."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "surrogateescape")


def record_hash(content: bytes, kind: str = "sha256") -> str:
    """The hash of ``content`` as RECORD writes it."""
    digest = hashlib.new(kind, content).digest()
    return f"{kind}={base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def _apply(defects: Mapping[str, Defect], defect: str | None, draft: Draft) -> None:
    if defect is not None and defect in defects:
        defects[defect](draft)


def _add_record(draft: Draft, defect: str | None) -> None:
    """RECORD, unless the test brought its own or wants none."""
    path = f"{draft.dist_info}/RECORD"
    if path in draft.contents:
        return
    files = {name: content for name, content in draft.contents.items() if not name.endswith("/")}
    draft.rows = record_rows(files, path)
    _apply(RECORD, defect, draft)
    if draft.rows:
        draft.contents[path] = record(draft.rows)


def _bytes(content: bytes | str) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _metadata(
    name: str, version: str, requires: Sequence[str], requires_python: str | None, extras: Sequence[str]
) -> bytes:
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    if requires_python is not None:
        lines.append(f"Requires-Python: {requires_python}")
    lines += [f"Provides-Extra: {extra}" for extra in extras]
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    return "\n".join([*lines, "", f"The description of {name}.", ""]).encode()


def _wheel(tag: str, build: str | None) -> bytes:
    pure = "true" if tag.endswith("-none-any") else "false"
    lines = ["Wheel-Version: 1.0", "Generator: tests", f"Root-Is-Purelib: {pure}"]
    if build is not None:
        lines.append(f"Build: {build}")
    sets = (part.split(".") for part in tag.split("-"))
    lines += [f"Tag: {'-'.join(parts)}" for parts in itertools.product(*sets)]
    return "\n".join([*lines, ""]).encode()
