"""Layers of popular native projects, imported by the Python that they are for. (Uses the real package index.)"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

import lambda_wheels
from tests.whole.pythons import find_interpreter

pytestmark = [pytest.mark.network, pytest.mark.pip, pytest.mark.process]

PROJECTS = ["numpy", "orjson", "pydantic", "duckdb", "cryptography", "lxml"]

OPTIONAL = {"adbc_driver_manager"}
"""What a module of these projects imports although none of them requires it."""

MACHINES = {"x86_64": "x86_64", "aarch64": "arm64"}

# Not with PYTHONPATH: nothing but the layer and the standard library is there (-I -S), as in a bare runtime.
IMPORT = """
import importlib, importlib.metadata, json, sys
sys.path.insert(0, sys.argv[1])
names = sorted({
    name
    for distribution in importlib.metadata.distributions(path=[sys.argv[1]])
    for file in distribution.files or ()
    for name in [file.parts[0].partition(".")[0]]
    if name.isidentifier() and (len(file.parts) > 1 and file.name == "__init__.py" or file.parts[0].endswith(".py"))
    and len(file.parts) <= 2
})
versions = {d.metadata["Name"].lower(): d.version for d in importlib.metadata.distributions(path=[sys.argv[1]])}
wanting = []
for name in names:
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        wanting.append(error.name)
    else:
        assert (module.__file__ or sys.argv[1]).startswith(sys.argv[1]), module.__file__
print(json.dumps([names, versions, wanting]))
"""

USE = """
import sys
sys.path.insert(0, sys.argv[1])
import cryptography.fernet, duckdb, lxml.etree, numpy, orjson, pydantic
key = cryptography.fernet.Fernet(cryptography.fernet.Fernet.generate_key())
assert key.decrypt(key.encrypt(b"layer")) == b"layer"
assert duckdb.sql("SELECT 6 * 7").fetchall() == [(42,)]
assert lxml.etree.fromstring("<a><b/></a>")[0].tag == "b"
assert int(numpy.linalg.det(numpy.eye(3))) == 1
assert orjson.loads(orjson.dumps({"a": 1})) == {"a": 1}
assert pydantic.TypeAdapter(list[int]).validate_python(["1"]) == [1]
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the layer's native code is for Linux")
@pytest.mark.skipif(platform.machine() not in MACHINES, reason="Lambda has no such machine")
@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_import(version: str, tmp_path: Path) -> None:
    """Every top-level module is imported from the layer, and works, in a Python of the runtime's version."""
    python = find_interpreter(version)
    if python is None:
        pytest.skip(f"no CPython {version} was found on this machine")
    layer = lambda_wheels.build_layer(
        PROJECTS,
        runtime=f"python{version}",
        architecture=MACHINES[platform.machine()],
        output=tmp_path / "layer",
    )
    folder = str(tmp_path / "layer" / "python")
    answer = subprocess.run([python, "-I", "-S", "-B", "-c", IMPORT, folder], capture_output=True, text=True)
    assert (answer.returncode, answer.stderr) == (0, "")
    names, versions, wanting = json.loads(answer.stdout)
    assert {"cryptography", "duckdb", "lxml", "numpy", "orjson", "pydantic", "pydantic_core"} <= set(names)
    assert set(wanting) <= OPTIONAL
    assert {wheel.name.replace("_", "-"): wheel.version for wheel in layer.wheels} == {
        name.replace("_", "-"): version for name, version in versions.items()
    }
    used = subprocess.run([python, "-I", "-S", "-B", "-c", USE, folder], capture_output=True, text=True)
    assert (used.returncode, used.stderr) == (0, "")
