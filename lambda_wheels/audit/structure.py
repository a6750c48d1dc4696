"""Whether the files of a layer are where Lambda looks for them. (Pure.)

Source: AWS, "Packaging your layer content" (docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from lambda_wheels.audit.placed import and_others
from lambda_wheels.audit.view import View, is_of_other_python
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.wheels.layout import folders_above

_MODULE: Final = (".py", ".pyc", ".so")
_INSTALLED: Final = re.compile(r"(?P<folder>(?:.*/)?)[^/]+\.dist-info/(?:METADATA|RECORD)$")
_ARCHIVE: Final = re.compile(r"[^/]+\.(?:whl|egg|zip|tar\.gz|tar\.bz2|tgz)", re.IGNORECASE)
_OF_A_SYSTEM: Final = re.compile(r"(?:.*/)?(?:__MACOSX/.*|\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini)")
_SITE_PACKAGES: Final = re.compile(r"(?P<folder>(?:.*?/)?(?:site|dist)-packages/)")
_NOT_FOR_PYTHON: Final = frozenset({"bin", "extensions", "java", "lambda-wheels", "lib", "nodejs", "ruby"})
"""Folders at the top of a layer that Lambda has other uses for; what is in them may well be Python."""
_OUT: Final = "put everything below python/, as pip install --target python does"
_NAMED: Final = 5


def misplaced(view: View) -> Iterator[Problem]:
    """Modules are where Python looks."""
    modules = _modules(view)
    severity = Severity.WARNING if modules.found else Severity.ERROR
    own = view.folders[0]
    if modules.of_other_pythons and not any(path.startswith(own) for path in modules.found):
        folder = modules.of_other_pythons[0].partition("site-packages/")[0] + "site-packages/"
        message = f"{view.target.runtime} does not look into {folder}, where {_counted(modules.of_other_pythons)}"
        yield _problem(message, folder, f"install for {view.target.runtime}, into {own} or python/", severity)
    for folder, inside in [*modules.wrong.items()][:_NAMED]:
        message = f"Python does not look into {folder or 'the top of a layer'}, where {_counted(inside)}"
        yield _problem(message, folder or inside[0], _cure(folder), severity)
    if modules.loose:
        message = f"Python looks into python/ only, and beside it {_counted(modules.loose)}"
        yield _problem(message, modules.loose[0], _OUT, severity)


def virtual_environments(view: View) -> Iterator[Problem]:
    """A virtual environment is of the machine that made it."""
    for folder in _environments(view)[:_NAMED]:
        yield Problem(
            rule="virtual-environment",
            severity=Severity.WARNING,
            member=f"{folder}pyvenv.cfg",
            message="this is a virtual environment: its programs and links are of the machine that made it",
            hint="install into a folder: pip install --target python",
        )


def archives(view: View) -> Iterator[Problem]:
    """Python looks into no archive that only lies among the modules."""
    found = [
        path for folder in ("", *view.folders) for path in _directly(view, folder) if _ARCHIVE.fullmatch(_name(path))
    ]
    if found:
        yield Problem(
            rule="archive-inside",
            severity=Severity.WARNING if _modules(view).found else Severity.ERROR,
            member=found[0],
            message=f"Python does not look into an archive{and_others(len(found) - 1)}",
            hint="install the wheels: lambda-wheels build WHEEL, or pip install --target python WHEEL",
        )


def system_files(view: View) -> Iterator[Problem]:
    """Nothing is there that only a desktop wants."""
    found = sorted(path for path in view.held.files if _OF_A_SYSTEM.fullmatch(path))
    if found:
        size = sum(view.held.files[path].size for path in found)
        yield Problem(
            rule="system-files",
            severity=Severity.WARNING,
            member=found[0],
            message=f"macOS or Windows left this there{and_others(len(found) - 1)}: {size:,} bytes that nothing needs",
            hint="leave them out: zip -r -X layer.zip python -x '*.DS_Store' '__MACOSX/*'",
        )


class _Modules(NamedTuple):
    """The files of modules, by where they lie."""

    found: list[str]
    """Where the target's Python looks."""
    of_other_pythons: list[str]
    wrong: dict[str, list[str]]
    """In folders for modules that no Python looks into in a layer, by these."""
    loose: list[str]
    """Outside of ``python/``."""


def _modules(view: View) -> _Modules:
    modules = _Modules([], [], {}, [])
    wrong = _wrong_folders(view)
    for path in sorted(view.held.files):
        if not path.endswith(_MODULE) or _OF_A_SYSTEM.fullmatch(path) or path.startswith("python/bin/"):
            continue
        if is_of_other_python(path, view.target):
            modules.of_other_pythons.append(path)
        elif folder := next((f"{above}/" for above in [*folders_above(path)][::-1] if f"{above}/" in wrong), None):
            modules.wrong.setdefault(folder, []).append(path)
        elif path.startswith(view.folders):
            modules.found.append(path)
        elif path.partition("/")[0] in _NOT_FOR_PYTHON:
            continue
        elif "" in wrong:
            modules.wrong.setdefault("", []).append(path)
        elif not path.endswith(".so"):  # which need not be a module
            modules.loose.append(path)
    return _without_links(modules, view) if view.held.linked else modules


def _without_links(modules: _Modules, view: View) -> _Modules:
    """The same, where what lies elsewhere is each file once, and none that a link makes Python find."""
    linked = view.held.linked
    reached = {linked[path] for path in modules.found if path in linked}.union(linked)
    wrong = {folder: [path for path in inside if path not in reached] for folder, inside in modules.wrong.items()}
    return _Modules(
        modules.found,
        [path for path in modules.of_other_pythons if path not in reached],
        {folder: inside for folder, inside in wrong.items() if inside},
        [path for path in modules.loose if path not in reached],
    )


def _wrong_folders(view: View) -> set[str]:
    """Folders of installed projects, and virtual environments, that the target's Python does not look into."""
    places = {folder for folder in _environments(view) if folder not in {"", "python/"}}
    for path in view.held.files.keys() - view.held.linked.keys():
        for pattern in (_INSTALLED, _SITE_PACKAGES):
            if match := pattern.match(path):
                places.add(match["folder"])
    return {
        folder
        for folder in places - {*view.folders}
        if folder.partition("/")[0] not in _NOT_FOR_PYTHON - {"lib"}
        and not is_of_other_python(folder, view.target)
        and not _is_in_package(view, folder)
    }


def _is_in_package(view: View, folder: str) -> bool:
    """Whether a folder is inside of a package, where the projects lie that it has taken over."""
    inside = folder.rstrip("/")
    return any(f"{above}/__init__.py" in view.held.files for above in (inside, *folders_above(inside)) if above)


def _environments(view: View) -> list[str]:
    return sorted(
        path.removesuffix("pyvenv.cfg")
        for path in view.held.files.keys() - view.held.linked.keys()
        if _name(path) == "pyvenv.cfg"
    )


def _directly(view: View, folder: str) -> list[str]:
    return sorted(path for path in view.held.files if path.startswith(folder) and "/" not in path[len(folder) :])


def _cure(folder: str) -> str:
    parent, _, last = folder.rstrip("/").rpartition("/")
    if last == "python":
        return f"it is a folder too deep: zip what is in {parent}/"
    return f"move what is in {folder} to python/" if last.endswith("-packages") else _OUT


def _counted(paths: list[str]) -> str:
    return f"{len(paths):,} {'file of a module lies' if len(paths) == 1 else 'files of modules lie'}"


def _problem(message: str, member: str | None, hint: str, severity: Severity) -> Problem:
    return Problem(rule="not-on-path", severity=severity, member=member, message=message, hint=hint)


def _name(path: str) -> str:
    return posixpath.basename(path)
