"""Bytecode of a layer that is of no use, or wrong. (Pure.)"""

from __future__ import annotations

import pytest

from lambda_wheels.audit.stale_bytecode import useless_bytecode, wrong_bytecode
from lambda_wheels.wheels.pyc import Pyc, PycKind
from tests.audit.held_layers import said

HOME = "python/__pycache__/a.cpython-313.pyc"
NEW, OLD = (3, 13), (3, 12)


@pytest.mark.parametrize(
    ("pyc", "found"),
    [
        pytest.param(Pyc(HOME, 9, NEW, PycKind.UNCHECKED, "python/a.py", True), None, id="unchecked"),
        pytest.param(Pyc(HOME, 9, NEW, PycKind.CHECKED, "python/a.py", True), None, id="checked"),
        pytest.param(Pyc(HOME, 9, NEW, PycKind.UNCHECKED, "python/a.py", None), None, id="nobody can tell"),
        pytest.param(Pyc(HOME, 9, NEW, PycKind.DATE, "python/a.py", True), ("by-date", "warning"), id="by date"),
        pytest.param(Pyc(HOME, 9, NEW, PycKind.DATE, "python/a.py", False), ("stale", "warning"), id="another date"),
        pytest.param(Pyc(HOME, 9, NEW, PycKind.CHECKED, "python/a.py", False), ("stale", "warning"), id="another hash"),
        pytest.param(Pyc(HOME, 9, NEW, PycKind.UNCHECKED, "python/a.py", False), ("stale", "error"), id="wrong code"),
        pytest.param(Pyc(HOME, 9, OLD, source="python/a.py"), ("other-python", "warning"), id="another Python"),
        pytest.param(Pyc(HOME, 9, None, source="python/a.py"), ("other-python", "warning"), id="no bytecode"),
        pytest.param(Pyc(HOME, 9, NEW), ("without-source", "warning"), id="no source"),
        pytest.param(Pyc("python/a.pyc", 9, NEW), None, id="in place of a source"),
        pytest.param(Pyc("python/a.pyc", 9, OLD), ("other-python", "error"), id="in place of a source, not for it"),
        pytest.param(
            Pyc("python/a.pyc", 9, NEW, source="python/a.py"), ("without-source", "warning"), id="beside its source"
        ),
        pytest.param(
            Pyc("python/lib/python3.12/site-packages/__pycache__/a.cpython-312.pyc", 9, OLD, source="a.py"),
            None,
            id="in the folder of its own Python",
        ),
    ],
)
def test_kinds(pyc: Pyc, found: tuple[str, str] | None) -> None:
    """Each way of being of no use has a name; what would run wrong code is an error."""
    expected = [(f"bytecode-{found[0]}", found[1], pyc.path)] if found else []
    assert said([*wrong_bytecode([pyc], {NEW}), *useless_bytecode([pyc], {NEW})]) == expected


def test_counted() -> None:
    """One finding a kind, with how many files and bytes; for several runtimes each one's bytecode has its use."""
    pycs = [Pyc(f"python/__pycache__/{name}.cpython-312.pyc", 1000, OLD, source=f"{name}.py") for name in "ba"]
    [problem] = useless_bytecode(pycs, {NEW})
    assert (problem.member, problem.message) == (
        "python/__pycache__/a.cpython-312.pyc",
        "it is for another Python than python3.13 (2 files, 2,000 bytes)",
    )
    assert [found.rule for found in useless_bytecode(pycs, {NEW, OLD})] == ["bytecode-by-date"]
