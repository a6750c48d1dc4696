"""Layers as the rules see them, made of plain values. (Pure.)"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from lambda_wheels import Problem, Target
from lambda_wheels.audit.held import Held, HeldFile
from lambda_wheels.audit.view import View
from lambda_wheels.wheels.native import Native
from lambda_wheels.wheels.pyc import Pyc
from tests.wheel_factory import record, record_rows

ARM = Target("python3.13", "arm64")
OLD = Target("python3.11", "x86_64")

Files = Mapping[str, bytes]


def held(
    files: Files | Iterable[str],
    *,
    modes: Mapping[str, int | None] | None = None,
    folders: Mapping[str, int | None] | None = None,
    links: Mapping[str, str] | None = None,
    pycs: Sequence[Pyc] = (),
    natives: Sequence[Native] = (),
) -> Held:
    """A layer of ``files``, which are empty where only their paths are given, and 0644 unless said otherwise."""
    contents = dict(files) if isinstance(files, Mapping) else dict.fromkeys(files, b"")
    modes = modes or {}
    return Held(
        files={
            path: HeldFile(len(content), modes.get(path, 0o644), hashlib.sha256(content).hexdigest())
            for path, content in contents.items()
        },
        folders=folders or {},
        links=links or {},
        linked={},
        texts={path: content for path, content in contents.items() if "-info" in path},
        pycs=tuple(pycs),
        natives=tuple(natives),
        zip_size=None,
    )


def view(files: Files | Iterable[str], target: Target = ARM, *, natives: Sequence[Native] = ()) -> View:
    """The same, as ``target`` sees it."""
    return View.of(held(files, natives=natives), target)


def installed(
    name: str,
    version: str = "1.0",
    *,
    requires: Sequence[str] = (),
    extras: Sequence[str] = (),
    requires_python: str | None = None,
    tag: str | None = "py3-none-any",
    folder: str = "python/",
    files: Files | None = None,
) -> dict[str, bytes]:
    """The files of a distribution, as an installer leaves them: ``files`` and their RECORD, or no RECORD."""
    info = f"{folder}{name.replace('-', '_')}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    lines += [f"Provides-Extra: {extra}" for extra in extras]
    if requires_python:
        lines.append(f"Requires-Python: {requires_python}")
    made = {f"{info}/METADATA": "\n".join([*lines, "", ""]).encode()}
    if tag:
        made[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nTag: {tag}\n".encode()
    if files is not None:
        recorded = {path.removeprefix(folder): content for path, content in files.items()}
        made |= {**files, f"{info}/RECORD": record(record_rows(recorded, f"{info.removeprefix(folder)}/RECORD"))}
    return made


def said(problems: Iterable[Problem]) -> list[tuple[str, str, str | None]]:
    """What is compared of problems: rule, severity and member."""
    return [(problem.rule, str(problem.severity), problem.member) for problem in problems]
