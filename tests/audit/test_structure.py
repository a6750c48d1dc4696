"""Where the files of a layer lie. (Pure.)"""

from __future__ import annotations

import pytest

from lambda_wheels import Target
from lambda_wheels.audit.structure import archives, misplaced, system_files, virtual_environments
from tests.audit.held_layers import said, view

SITE = "python/lib/python3.13/site-packages/"
OTHER = "python/lib/python3.12/site-packages/"


@pytest.mark.parametrize(
    "paths",
    [
        pytest.param(["python/demo/__init__.py", "python/demo.py"], id="python"),
        pytest.param([f"{SITE}demo.py", f"{SITE}demo-1.0.dist-info/METADATA"], id="site-packages"),
        pytest.param([f"{SITE}demo.py", f"{OTHER}demo.py"], id="two runtimes"),
        pytest.param(["python/demo.so"], id="extension module"),
        pytest.param(["bin/tool", "bin/tool.py", "lib/libdemo.so.1"], id="programs and libraries only"),
        pytest.param(["fonts/a.ttf"], id="data only"),
        pytest.param(["nodejs/node_modules/x/gyp.py", "extensions/own.py"], id="for others than Python"),
        pytest.param(["python/x.py", "lambda-wheels/x.json"], id="our manifest"),
        pytest.param(
            ["python/setuptools/__init__.py", "python/setuptools/_vendor/x-1.dist-info/METADATA"], id="taken over"
        ),
        pytest.param(["python/__init__.py", "python/demo.py"], id="a stray file"),
        pytest.param(["python/x.py", "__MACOSX/python/._x.py"], id="of macOS"),
    ],
)
def test_found(paths: list[str]) -> None:
    """What Python finds, and what is not meant for it, is fine."""
    assert said(misplaced(view(paths))) == []


@pytest.mark.parametrize(
    ("paths", "member", "cure"),
    [
        pytest.param(["demo/__init__.py"], "demo/__init__.py", "below python/", id="no python"),
        pytest.param(["lambda_function.py"], "lambda_function.py", "below python/", id="a function"),
        pytest.param(["demo.py", "demo-1.dist-info/RECORD"], "demo.py", "below python/", id="installed at the top"),
        pytest.param(
            ["opt/python/demo.py", "opt/python/d-1.dist-info/RECORD"],
            "opt/python/",
            "zip what is in opt/",
            id="a folder too deep",
        ),
        pytest.param(
            ["python/python/demo.py", "python/python/d-1.dist-info/RECORD"],
            "python/python/",
            "zip what is in python/",
            id="python in python",
        ),
        pytest.param(
            ["python/site-packages/demo.py"],
            "python/site-packages/",
            "move what is in python/site-packages/ to python/",
            id="site-packages without a version",
        ),
        pytest.param(
            ["lib/python3.13/site-packages/demo.py"],
            "lib/python3.13/site-packages/",
            "to python/",
            id="site-packages without python",
        ),
        pytest.param(
            ["python/dist-packages/demo.py"], "python/dist-packages/", "to python/", id="Debian's dist-packages"
        ),
        pytest.param([f"{OTHER}demo.py"], OTHER, f"install for python3.13, into {SITE}", id="another Python"),
        pytest.param(
            ["python/.venv/pyvenv.cfg", "python/.venv/lib/python3.13/site-packages/demo.py"],
            "python/.venv/",
            "below python/",
            id="an environment inside",
        ),
    ],
)
def test_not_found(paths: list[str], member: str, cure: str) -> None:
    """Where nothing is found it is an error that says what to do; where something else is found, a warning."""
    [problem] = misplaced(view(paths))
    assert said([problem]) == [("not-on-path", "error", member)]
    assert cure in (problem.hint or "")
    assert said(misplaced(view([*paths, "python/good.py"]))) == [("not-on-path", "warning", member)]


def test_each_runtime_for_itself() -> None:
    """A layer for one runtime is none for another."""
    paths = [f"{SITE}demo.py", f"{OTHER}demo.py"]
    assert said(misplaced(view(paths, Target("python3.12", "arm64")))) == []
    [problem] = misplaced(view(paths, Target("python3.11", "arm64")))
    assert problem.message == f"python3.11 does not look into {OTHER}, where 2 files of modules lie"


def test_some_are_named() -> None:
    """Of many wrong folders some are named, each once."""
    paths = [f"{folder}/site-packages/{name}.py" for folder in "abcdefgh" for name in "xy"]
    assert [problem.member for problem in misplaced(view(paths))] == [f"{name}/site-packages/" for name in "abcde"]


@pytest.mark.parametrize("folder", ["", "python/", "python/venv/"])
def test_virtual_environments(folder: str) -> None:
    """A virtual environment is known by its configuration, wherever it lies."""
    paths = [f"{folder}pyvenv.cfg", f"{folder}bin/activate"]
    assert said(virtual_environments(view(paths))) == [("virtual-environment", "warning", f"{folder}pyvenv.cfg")]


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        pytest.param(["demo-1.0-py3-none-any.whl"], [("error", "demo-1.0-py3-none-any.whl")], id="a folder of wheels"),
        pytest.param(["python/demo.WHL", "python/b.zip"], [("error", "python/b.zip")], id="in python"),
        pytest.param(["python/demo.zip", "python/demo.py"], [("warning", "python/demo.zip")], id="beside modules"),
        pytest.param(["python/demo/data.zip", "python/demo/x.whl", "python/demo/__init__.py"], [], id="data"),
        pytest.param(["layers/x.zip"], [], id="elsewhere"),
    ],
)
def test_archives(paths: list[str], found: list[tuple[str, str]]) -> None:
    """Archives among the modules are none of them; those in packages are data."""
    assert said(archives(view(paths))) == [("archive-inside", *one) for one in found]


def test_system_files() -> None:
    """What desktops leave is counted, with its bytes."""
    files = {"python/a.py": b"", ".DS_Store": b"12", "__MACOSX/python/._a.py": b"345", "python/Thumbs.db": b"6"}
    [problem] = system_files(view(files))
    assert said([problem]) == [("system-files", "warning", ".DS_Store")]
    assert "(and 2 other files): 6 bytes" in problem.message
    assert said(system_files(view(["python/DS_Store.py", "python/_x.py"]))) == []
