"""The public face: the names, their signatures, and what importing them costs. (One test starts a process.)"""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import lambda_wheels
from tests.loopback import TARGET

SHARED = {
    "requirements": inspect.Parameter.empty,
    "runtime": inspect.Parameter.empty,
    "architecture": inspect.Parameter.empty,
    "output": inspect.Parameter.empty,
    "allow": (),
    "strict": False,
}
"""The parameters that all have in common, each with its default."""


def test_all_is_what_can_be_had() -> None:
    """``__all__`` is sorted as Ruff sorts it (constants, classes, functions), and lists every public name."""
    names = lambda_wheels.__all__
    order = sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    assert list(names) == order
    assert dir(lambda_wheels) == sorted(names)
    for name in names:
        getattr(lambda_wheels, name)  # some are imported only when they are asked for
    here = {
        name for name, value in vars(lambda_wheels).items() if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert here == set(names)
    with pytest.raises(AttributeError, match="has no attribute 'build_layers'"):
        lambda_wheels.build_layers  # noqa: B018  # type: ignore[attr-defined]


def test_errors_are_public() -> None:
    """Every exception of the tree can be caught by a public name."""
    found: list[type[BaseException]] = [lambda_wheels.LambdaWheelsError]
    for error in found:
        found += error.__subclasses__()
    assert {error.__name__ for error in found} <= set(lambda_wheels.__all__)


@pytest.mark.parametrize("name", lambda_wheels.__all__)
def test_docstrings(name: str) -> None:
    """Every public function and class says what it is, and so does each of its public members."""
    value = getattr(lambda_wheels, name)
    if not (inspect.isclass(value) or inspect.isfunction(value)):
        return  # a table, or an alias of a type: documented where it stands
    assert (value.__doc__ or "").strip()
    for member, what in vars(value).items():
        if not member.startswith("_") and (callable(what) or isinstance(what, property)):
            assert (inspect.getdoc(what) or "").strip(), f"{name}.{member}"


@pytest.mark.parametrize(
    ("function", "own"),
    [
        pytest.param(lambda_wheels.build_layer, {"scripts": False, "bytecode": False, "lib": ()}, id="build_layer"),
        pytest.param(lambda_wheels.fetch_wheels, {}, id="fetch_wheels"),
        pytest.param(
            lambda_wheels.lock,
            {"output": "pylock.toml", "upgrade": False, "upgrade_projects": (), "check": False, "lib": ()},
            id="lock",
        ),
    ],
)
def test_signatures(function: Callable[..., Any], own: dict[str, object]) -> None:
    """Neither runtime nor architecture has a default; only the requirements may be given by position."""
    parameters = dict(inspect.signature(function).parameters)
    assert parameters.pop("progress").kind is inspect.Parameter.KEYWORD_ONLY
    assert parameters.pop("options").kind is inspect.Parameter.VAR_KEYWORD
    assert {name: parameter.default for name, parameter in parameters.items()} == SHARED | own
    by_position = [name for name, parameter in parameters.items() if parameter.kind is not parameter.KEYWORD_ONLY]
    assert by_position == ["requirements"]


def test_signature_of_check() -> None:
    """Only the layer may be given by position; for what it is checked has to be named, as far as it does not say so."""
    parameters = dict(inspect.signature(lambda_wheels.check).parameters)
    assert parameters.pop("progress").kind is inspect.Parameter.KEYWORD_ONLY
    assert parameters.pop("options").kind is inspect.Parameter.VAR_KEYWORD
    empty = inspect.Parameter.empty
    named = dict.fromkeys(["runtime", "architecture", "lock", "bytecode_python", "python", "root", "session"])
    own = {"layer": empty, "wheels": (), "lib": (), "imports": False, "allow": (), "strict": False, **named}
    assert {name: parameter.default for name, parameter in parameters.items()} == own
    by_position = [name for name, parameter in parameters.items() if parameter.kind is not parameter.KEYWORD_ONLY]
    assert by_position == ["layer"]


@pytest.mark.parametrize("function", [lambda_wheels.build_layer, lambda_wheels.fetch_wheels, lambda_wheels.lock])
def test_unexpected_keywords(function: Callable[..., Any], tmp_path: Path) -> None:
    """A keyword that is no option is a TypeError that names it and the options there are."""
    with pytest.raises(TypeError, match=r"'index_ur'.*index_url"):
        function("demo", **TARGET, output=tmp_path / "layer", index_ur="https://example.org/simple")


@pytest.mark.parametrize(
    ("given", "named"),
    [pytest.param([1], "int", id="number"), pytest.param([b"demo"], "bytes", id="bytes")],
)
def test_other_types(given: list[Any], named: str, tmp_path: Path) -> None:
    """What is neither a string nor a path is a TypeError that says of what type it was."""
    with pytest.raises(TypeError, match=f"{named} is neither"):
        lambda_wheels.build_layer(given, **TARGET, output=tmp_path / "layer.zip")


COSTLY = {"asyncio", "boto3", "botocore", "elftools", "http", "multiprocessing", "pip", "requests", "rich", "ssl"}
"""What a program that imports us may not want to wait for."""


@pytest.mark.process
@pytest.mark.usefixtures("uncovered")
def test_what_importing_costs() -> None:
    """``import lambda_wheels`` imports neither AWS's libraries nor pip, the terminal's or the network's."""
    answer = subprocess.run(
        [sys.executable, "-c", "import sys, lambda_wheels; print(*sys.modules, sep='\\n')"],
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {name.partition(".")[0] for name in answer.stdout.split()}
    assert "lambda_wheels" in imported
    assert imported & COSTLY == set()
