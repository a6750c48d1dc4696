"""Which modules a layer has, as an interpreter sees it on its path. (Pure.)"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from lambda_wheels.targets.layer_paths import paths_of

_NEVER: Final = frozenset({"__init__", "__main__", "__pycache__"})
"""Names that are looked at otherwise than by importing them."""

_NO_NAMESPACES: Final = frozenset(
    {"bin", "doc", "docs", "etc", "example", "examples", "include", "lib", "lib64", "man", "scripts", "share", "test"}
    | {"tests"}
)
"""Folders that Python would take for namespace packages, and that hold data, scripts or what needs a test runner."""

_DEEPEST: Final = 8
"""How many namespace packages may lie in one another; in real wheels it is two or three."""

_LOOSE_BELOW: Final = 2
"""How deep in namespace packages single Python files are found. There are hundreds further down (``google.type``), many
of which only some other project would use."""


class Module(NamedTuple):
    """Something to import."""

    name: str
    """In dots, ``google.protobuf``."""
    member: str
    """The file of the layer that is executed first for it."""


def modules_of(files: Iterable[str], python_version: tuple[int, int], suffixes: Sequence[str]) -> tuple[Module, ...]:
    """What can be imported from the top of a layer, by name.

    Of a package its ``__init__`` is all that counts. A namespace package (PEP 420) executes nothing, so that what lies
    in it is imported instead: packages and extension modules, and single files that lie in the outermost one.

    :param files: the paths in the layer.
    :param suffixes: those of the extension modules that the interpreter loads, in its order.
    """
    folders = _folders(files)
    found = []
    waiting: list[tuple[str, list[str]]] = [("", list(paths_of(python_version)))]
    for prefix, path in waiting:  # grows: a path like that of a stranger is no place for recursion
        for name in sorted({stem for folder in path for stem in _stems(folders[folder], suffixes)} - _NEVER):
            places = (_file_of(name, folder, folders, suffixes) for folder in path)
            if member := next(filter(None, places), None):
                if prefix.count(".") < _LOOSE_BELOW or not _is_loose(member):
                    found.append(Module(prefix + name, member))
            elif name not in _NO_NAMESPACES and prefix.count(".") < _DEEPEST:
                portions = [f"{folder}/{name}" for folder in path if f"{folder}/{name}" in folders]
                waiting.append((f"{prefix}{name}.", portions))
    return tuple(sorted(found))


def _folders(files: Iterable[str]) -> defaultdict[str, dict[str, bool]]:
    """What is in each folder: names, and whether they are files."""
    folders: defaultdict[str, dict[str, bool]] = defaultdict(dict)
    for path in files:
        is_file = True
        while path:
            folder, _, name = path.rpartition("/")
            known = name in folders[folder]
            folders[folder][name] = is_file
            if known:
                break
            path, is_file = folder, False
    return folders


def _stems(names: Iterable[str], suffixes: Sequence[str]) -> Iterator[str]:
    """What modules in a folder may be called."""
    for name in names:
        for suffix in ("", *suffixes, ".py", ".pyc"):
            stem = name.removesuffix(suffix)
            if stem.isidentifier() and name.endswith(suffix):
                yield stem


def _is_loose(member: str) -> bool:
    """Whether a module is a single file of Python."""
    return member.endswith((".py", ".pyc")) and not member.rpartition("/")[2].startswith("__init__.")


def _file_of(name: str, folder: str, folders: dict[str, dict[str, bool]], suffixes: Sequence[str]) -> str | None:
    """The file that ``import name`` executes where ``folder`` is next on the path, as ``FileFinder`` has it."""
    package = f"{folder}/{name}"
    for place, stem in ((package, "__init__"), (folder, name)):
        for suffix in (*suffixes, ".py", ".pyc"):
            if place in folders and folders[place].get(stem + suffix):
                return f"{place}/{stem}{suffix}"
    return None
