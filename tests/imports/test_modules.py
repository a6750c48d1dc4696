"""Which modules a layer has: what Python would find on Lambda's path, and no more. (Pure.)"""

from __future__ import annotations

import pytest

from lambda_wheels.imports.modules import modules_of
from lambda_wheels.targets.layer_paths import paths_of

SUFFIXES = (".cpython-313-x86_64-linux-gnu.so", ".abi3.so", ".so")
"""What CPython 3.13 loads on x86_64."""

SITE = "python/lib/python3.13/site-packages"


def found(*files: str) -> dict[str, str]:
    """The names that are found among ``files``, and the file of each."""
    modules = modules_of(files, (3, 13), SUFFIXES)
    assert len({module.name for module in modules}) == len(modules)
    return {module.name: module.member for module in modules}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        pytest.param("python/demo.py", "demo", id="module"),
        pytest.param("python/demo/__init__.py", "demo", id="package"),
        pytest.param("python/_demo.cpython-313-x86_64-linux-gnu.so", "_demo", id="extension"),
        pytest.param("python/_demo.abi3.so", "_demo", id="stable-abi"),
        pytest.param("python/_demo.so", "_demo", id="extension-of-any"),
        pytest.param("python/demo/__init__.abi3.so", "demo", id="compiled-package"),
        pytest.param("python/demo.pyc", "demo", id="bytecode-alone"),
        pytest.param(f"{SITE}/demo.py", "demo", id="site-packages"),
        pytest.param(f"{SITE}/demo/__init__.py", "demo", id="package-in-site-packages"),
        pytest.param("python/größe.py", "größe", id="not-ascii"),
        pytest.param("python/google/protobuf/__init__.py", "google.protobuf", id="namespace"),
        pytest.param("python/google/_upb/_message.abi3.so", "google._upb._message", id="namespace-in-namespace"),
        pytest.param("python/jaraco/context.py", "jaraco.context", id="module-of-a-namespace"),
        pytest.param("python/azure/storage/blob/__init__.py", "azure.storage.blob", id="package-in-namespaces"),
        pytest.param(f"{SITE}/google/auth/__init__.py", "google.auth", id="namespace-in-site-packages"),
        pytest.param("python/bin/__init__.py", "bin", id="package-named-as-a-folder-of-data"),
    ],
)
def test_module(path: str, name: str) -> None:
    """Packages, modules and extension modules are found, and what namespace packages hold."""
    assert found(path) == {name: path}


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("python/demo-1.0.dist-info/METADATA", id="dist-info"),
        pytest.param("python/__pycache__/demo.cpython-313.pyc", id="pycache"),
        pytest.param("python/demo/__pycache__/__init__.cpython-313.pyc", id="pycache-of-a-package"),
        pytest.param("python/demo.libs/libgomp-1.so", id="libs"),
        pytest.param("python/demo-stubs/__init__.pyi", id="stubs"),
        pytest.param("python/demo.pyi", id="stub"),
        pytest.param("python/demo/data.json", id="data"),
        pytest.param("python/bin/demo.py", id="bin"),
        pytest.param("python/share/doc/demo/example.py", id="share"),
        pytest.param("python/tests/test_demo.py", id="tests-that-are-no-package"),
        pytest.param("python/google/docs/conf.py", id="docs-of-a-namespace"),
        pytest.param("python/google/type/date_pb2.py", id="module-of-a-namespace-in-a-namespace"),
        pytest.param("python/__main__.py", id="main"),
        pytest.param("python/google/__main__.py", id="main-of-a-namespace"),
        pytest.param("python/demo.cpython-312-x86_64-linux-gnu.so", id="other-python"),
        pytest.param("python/demo.cpython-313-aarch64-linux-gnu.so", id="other-machine"),
        pytest.param("python/demo.pyd", id="windows"),
        pytest.param("python/lib/python3.12/site-packages/demo.py", id="other-runtime"),
        pytest.param("python/2to3.py", id="no-identifier"),
        pytest.param("lib/demo.py", id="lib"),
        pytest.param("demo.py", id="outside"),
        pytest.param(f"python/{'a/' * 2000}demo.py", id="too-deep"),
    ],
)
def test_no_module(path: str) -> None:
    """What Python does not import by a name, or what nobody would import, is left out."""
    assert found(path) == {}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param("python/demo/__init__.py", "python/demo.py", id="package-before-module"),
        pytest.param("python/demo/__init__.abi3.so", "python/demo/__init__.py", id="compiled-package-before-source"),
        pytest.param("python/demo.abi3.so", "python/demo.py", id="extension-before-source"),
        pytest.param(
            "python/demo.cpython-313-x86_64-linux-gnu.so", "python/demo.so", id="extension-before-that-of-any"
        ),
        pytest.param("python/demo.py", "python/demo.pyc", id="source-before-bytecode"),
        pytest.param("python/demo.py", "python/demo/part.py", id="module-before-namespace"),
        pytest.param(f"{SITE}/demo.py", "python/demo/__init__.py", id="site-packages-first"),
        pytest.param("python/demo.py", f"{SITE}/demo/part.py", id="namespace-last-wherever"),
    ],
)
def test_one_of_a_name(first: str, second: str) -> None:
    """Of several files for one name Python's import takes one."""
    assert found(first, second) == found(second, first) == {"demo": first}


def test_namespace_in_both() -> None:
    """The parts of a namespace package come together from the whole path."""
    files = ["python/google/auth/__init__.py", f"{SITE}/google/auth/__init__.py", f"{SITE}/google/rpc.py"]
    assert found(*files) == {"google.auth": files[1], "google.rpc": files[2]}


def test_by_name() -> None:
    """What is found is sorted by name, so that problems come in the same order every time."""
    files = ["python/b.py", "python/a/x.py", f"{SITE}/c.py"]
    assert list(found(*files)) == ["a.x", "b", "c"]


def test_path() -> None:
    """Lambda puts site-packages of its own version before ``python/``."""
    assert paths_of((3, 9)) == ("python/lib/python3.9/site-packages", "python")
