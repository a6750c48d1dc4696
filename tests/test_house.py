"""The order of the house: who may import whom, and what only some may do. (Reads the source.)"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import lambda_wheels

ROOMS = (
    "doors",
    "there",
    "rules",
    "hiding",
    "problems",
    "errors",
    "waivers",
    "progress",
    "targets",
    "wheels",
    "store",
    "resolution",
    "audit",
    "bytecode",
    "layers",
    "imports",
    "call",
    "choosing",
    "proven",
    "assembling",
    "build",
    "locking",
    "comparing",
    "looking",
    "aws",
    "checking",
    "explaining",
    "__init__",
    "cli",
    "__main__",
)
"""The rooms in the order in which the data flows: a module imports from those above its own, and from its own."""

HOUSE = Path(lambda_wheels.__file__).parent
MODULES = sorted(path.relative_to(HOUSE).as_posix() for path in HOUSE.rglob("*.py"))
EVERY_MODULE = pytest.mark.parametrize("module", MODULES)

PIP_CHILD = "resolution/pip_child/"
"""What the pip child executes: the process is its own, so it may do there what a guest may not."""

COMPILER = "bytecode/child/"
"""What another interpreter executes to compile: the process is its own, too."""

IMPORTER = "imports/child.py"
"""What the target's interpreter executes to import a module: the process is its own as well."""

CHILDREN = (PIP_CHILD, COMPILER, IMPORTER)

COMMAND = {"cli", "__main__"}
"""The rooms that have the terminal to themselves."""

DOERS = {"boto3", "filelock", "http", "pip", "platformdirs", "shutil", "socket", "subprocess", "tempfile", "threading"}
"""Modules that touch the disk, processes or the network. (``os`` and ``pathlib`` are used for paths as well.)"""

BAD_GUESTS = {"os.chdir", "os.fchdir", "os.putenv", "os.unsetenv", "os.umask", "print", "signal.signal", "sys.exit"}
"""Calls that change something for the program that called us."""

ONLY_IN: dict[str, str | tuple[str, ...]] = {
    "argparse": "cli/",
    "boto3": "aws/",
    "botocore": "aws/",
    "elftools": "wheels/",
    "multiprocessing": "nowhere",  # it would run the caller's script again on macOS and Windows
    "pip": "resolution/",
    "rich": "cli/",
    "signal": ("cli/", "imports/processes.py"),  # there for the names of signals
    # The first starts pip, the second interpreters that compile, the third those that import.
    "subprocess": ("resolution/child.py", "bytecode/processes.py", "imports/processes.py"),
    "zipfile": "nowhere",  # it forgives what a wheel must not do
}
"""Who alone may import a module."""


@functools.cache
def parse(module: str) -> ast.Module:
    """The syntax tree of a module of the package."""
    return ast.parse((HOUSE / module).read_text(encoding="utf-8"))


def summary(module: str) -> str:
    """The first paragraph of a module's docstring."""
    return (ast.get_docstring(parse(module)) or "").partition("\n\n")[0]


def room(module: str) -> str:
    """The room of a module: ``wheels/reader.py`` is in ``wheels``."""
    return module.removesuffix(".py").partition("/")[0]


def imports(module: str) -> Iterator[str]:
    """The full names that a module imports, wherever in it; ``from x import y`` gives ``x.y``."""
    package = ["lambda_wheels", *module.split("/")[:-1]]
    for node in ast.walk(parse(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def room_of_import(name: str) -> str | None:
    """The room that ``lambda_wheels.store.Store`` comes from; None for what is not ours."""
    first, _, rest = name.partition(".")
    if first != "lambda_wheels":
        return None
    part = rest.partition(".")[0]
    return part if part in ROOMS and part else "__init__"


def name_of(node: ast.expr) -> str:
    """``os.path.join`` for the expression of that name; empty for what has no name."""
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def test_imports_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports are found within functions and under conditions too, and relative ones by their full name."""
    source = "import a.b\nif x:\n  from c import d\ndef f():\n  from . import e\n  from ..store import Store\n"
    monkeypatch.setattr(f"{__name__}.parse", lambda module: ast.parse(source))
    names = list(imports("wheels/reader.py"))
    assert sorted(names) == ["a.b", "c.d", "lambda_wheels.store.Store", "lambda_wheels.wheels.e"]
    assert room_of_import("lambda_wheels.store.Store") == "store"
    assert room_of_import("lambda_wheels.build_layer") == "__init__"
    assert room_of_import("lambda_wheels_other.store") is None


@EVERY_MODULE
def test_order_of_the_rooms(module: str) -> None:
    """A module imports only from the rooms above its own, and from its own."""
    own = room(module)
    assert own in ROOMS, "a new room needs its place in the order"
    above = ROOMS[: ROOMS.index(own) + 1]
    ours = {name: origin for name in imports(module) if (origin := room_of_import(name))}
    assert {name for name, origin in ours.items() if origin not in above} == set()


@EVERY_MODULE
def test_docstrings_say_what_is_touched(module: str) -> None:
    """A module's docstring begins with its one job; beside the doors of the rooms it says what it touches."""
    assert summary(module)
    if Path(module).name not in {"__init__.py", "__main__.py"}:
        assert re.search(r"\([A-Z][^()]*\.\)", summary(module)), "does it touch the disk, a process, the network?"


@pytest.mark.parametrize("module", [module for module in MODULES if re.search(r"\(Pure[\w ]*\.\)", summary(module))])
def test_pure_modules(module: str) -> None:
    """A module that calls itself pure imports nothing that touches the disk, a process or the network."""
    assert {name for name in imports(module) if name.partition(".")[0] in DOERS} == set()


@pytest.mark.parametrize("module", [module for module in MODULES if module.startswith(CHILDREN)])
def test_children_are_alone(module: str) -> None:
    """What runs in a process of its own imports nothing of ours but itself: all of us take long, or a newer Python."""
    child = f"lambda_wheels.{'.'.join(module.split('/')[:-1])}."
    assert {name for name in imports(module) if room_of_import(name) and not name.startswith(child)} == set()


@EVERY_MODULE
def test_who_imports_what(module: str) -> None:
    """Processes are started in three places, the terminal is the command's, AWS has a room of its own."""
    foreign = {
        name
        for name in imports(module)
        if (place := ONLY_IN.get(name.partition(".")[0])) and not module.startswith(place)
    }
    assert foreign == set()


@pytest.mark.parametrize(
    "module",
    [module for module in MODULES if not module.startswith(CHILDREN) and room(module) not in COMMAND],
)
def test_good_guest(module: str) -> None:
    """The library neither prints nor changes the directory, the environment, the umask or the signals of its caller."""
    calls = {name_of(node.func) for node in ast.walk(parse(module)) if isinstance(node, ast.Call)}
    assert calls & BAD_GUESTS == set()
    stored = {
        name_of(node.value)
        for node in ast.walk(parse(module))
        if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load)
    }
    assert "os.environ" not in stored
    assert not {call for call in calls if call.startswith(("os.environ.", "sys.stdout.", "sys.stderr."))} - {
        "os.environ.copy",
        "os.environ.get",
        "os.environ.items",
    }
