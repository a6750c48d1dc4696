"""Scripts in a layer's ``bin/``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lambda_wheels.errors import LayerError
from lambda_wheels.layers import compatibility, write_folder
from lambda_wheels.layers.scripts import entry_point_scripts
from tests.layers.hand_made import TARGET, by_path, bytes_at, contents_of, hand_made


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        pytest.param(b"#!python\nprint()\n", b"#!/var/lang/bin/python3.13\nprint()\n", id="python"),
        pytest.param(b"#!pythonw\r\nprint()\r\n", b"#!/var/lang/bin/python3.13\nprint()\r\n", id="pythonw"),
        pytest.param(b"#!python -s\n", b"#!/var/lang/bin/python3.13\n", id="with arguments"),
        pytest.param(b"#!python", b"#!/var/lang/bin/python3.13\n", id="nothing else"),
        pytest.param(b"#!/bin/sh\n#!python\n", b"#!/bin/sh\n#!python\n", id="shell"),
        pytest.param(b"\x7fELF\x02\x01", b"\x7fELF\x02\x01", id="ELF"),
        pytest.param(b"", b"", id="empty"),
        pytest.param(b"#!python\n" + b"x" * 3_000_000, b"#!/var/lang/bin/python3.13\n" + b"x" * 3_000_000, id="long"),
    ],
)
@pytest.mark.parametrize("deflated", [False, True])
def test_files(tmp_path: Path, content: bytes, wanted: bytes, deflated: bool) -> None:
    """A file for ``bin/`` is executable; a ``#!python`` line names the runtime's Python, all else is as it was."""
    wheel = hand_made(tmp_path, files={"demo-1.0.data/scripts/demo": content}, deflated=deflated)
    contents = contents_of(wheel, scripts=True)
    assert bytes_at(contents, "bin/demo") == wanted
    assert by_path(contents)["bin/demo"].mode == 0o755
    assert contents.bound_to_runtime == (content != wanted)
    assert "../bin/demo,sha256=" in bytes_at(contents, "python/demo-1.0.dist-info/RECORD").decode()


def test_left_out_by_default(tmp_path: Path) -> None:
    """Without ``scripts`` there is no ``bin/``."""
    wheel = hand_made(
        tmp_path, files={"demo-1.0.data/scripts/a": b"#!python\n"}, entry_points="[console_scripts]\nb = b:c\n"
    )
    contents = contents_of(wheel)
    assert not [path for path in by_path(contents) if path.startswith("bin/")]
    assert not contents.bound_to_runtime


@pytest.mark.parametrize("name", ["demo", "demo.exe", "demo-script.py", "demo.pya", "Demo.EXE"])
def test_wrappers_of_setuptools(tmp_path: Path, name: str) -> None:
    """What setuptools made for an entry point gives way to the script that we make for it, as for pip."""
    wheel = hand_made(
        tmp_path,
        files={f"demo-1.0.data/scripts/{name}": b"#!python\nimport pkg_resources\n"},
        entry_points="[console_scripts]\ndemo = demo:main\nDemo = demo:main\n",
    )
    contents = contents_of(wheel, scripts=True)
    assert [path for path in by_path(contents) if path.startswith("bin/")] == ["bin/Demo", "bin/demo"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("[console_scripts]\na = m:f\nb=m.n:C.f\n", {"a", "b"}, id="plain"),
        pytest.param("[gui_scripts]\na = m:f\n", {"a"}, id="gui"),
        pytest.param("# c\n\n[other]\nx = m\n[ console_scripts ]\n  a = m : f  \n", {"a"}, id="other groups, spaces"),
        pytest.param("[console_scripts]\na = m:f [extra, more]\n", {"a"}, id="extras"),
        pytest.param("[console_scripts]\na-b.c_d = m:f\n", {"a-b.c_d"}, id="name"),
        pytest.param(f"[console_scripts]\n{'a' * 255} = m:f\n", {"a" * 255}, id="longest name"),
        pytest.param("[console_scripts]\n; c = m\n# d = m\na = m:f\n", {"a"}, id="comments"),
        pytest.param("", set(), id="nothing"),
    ],
)
def test_entry_points(tmp_path: Path, text: str, names: set[str]) -> None:
    """Each console and GUI entry point becomes a script."""
    scripts, problems = entry_point_scripts(hand_made(tmp_path, entry_points=text).wheel, TARGET)
    assert (set(scripts), problems) == (names, [])
    for script in scripts.values():
        compile(script, "script", "exec")


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("../a = m:f", id="climbs"),
        pytest.param(".. = m:f", id="is the folder above"),
        pytest.param("a/b = m:f", id="in a folder"),
        pytest.param("a\\b = m:f", id="backslash"),
        pytest.param(" = m:f", id="no name"),
        pytest.param("a = m", id="no attribute"),
        pytest.param("a", id="no object"),
        pytest.param("a = m:f();x", id="code"),
        pytest.param("a = m;import os:f", id="code in the module"),
        pytest.param("a\x1b = m:f", id="control character"),
        pytest.param(f"{'a' * 256} = m:f", id="too long"),
        pytest.param("\u00e9" * 128 + " = m:f", id="too many bytes"),
    ],
)
def test_bad_entry_points(tmp_path: Path, line: str) -> None:
    """An entry point that cannot be a script is a problem, never code."""
    with pytest.raises(LayerError) as raised:
        contents_of(hand_made(tmp_path, entry_points=f"[console_scripts]\n{line}\n"), scripts=True)
    assert [problem.rule for problem in raised.value.problems] == ["bad-script"]


def test_one_name_in_two_wheels(tmp_path: Path) -> None:
    """Two wheels with a script of one name are in conflict as with any path."""
    wheels = [hand_made(tmp_path, name, entry_points=f"[console_scripts]\nx = {name}:main\n") for name in "ab"]
    with pytest.raises(LayerError) as raised:
        contents_of(*wheels, scripts=True)
    assert [(problem.rule, problem.member) for problem in raised.value.problems] == [("path-conflict", "bin/x")]


def test_names_that_differ_in_case(tmp_path: Path) -> None:
    """Two scripts of one wheel whose names differ only in case are a warning, as paths of two wheels are."""
    wheel = hand_made(tmp_path, entry_points="[console_scripts]\nRUN = demo:main\nrun = demo:main\n")
    contents = contents_of(wheel, scripts=True)
    assert [(problem.rule, problem.member) for problem in contents.warnings] == [("case-conflict", "bin/run")]
    assert not contents_of(wheel).warnings


def test_bound_to_its_runtime(tmp_path: Path) -> None:
    """A layer that names an interpreter is compatible with no other runtime."""
    contents = contents_of(hand_made(tmp_path, entry_points="[console_scripts]\na = demo:main\n"), scripts=True)
    runtimes, architectures = compatibility(
        contents.wheels, contents.targets[0], bound_to_runtime=contents.bound_to_runtime
    )
    assert (runtimes, architectures) == (("python3.13",), ("x86_64", "arm64"))


@pytest.mark.process
def test_generated_script_runs(tmp_path: Path) -> None:
    """A generated script finds the layer's modules by itself and hands on the result."""
    code = b"import sys\nclass Tool:\n    def run():\n        print(sys.argv[1])\n        return 7\n"
    wheel = hand_made(tmp_path, files={"demo.py": code}, entry_points="[console_scripts]\ntool = demo:Tool.run\n")
    write_folder(contents_of(wheel, scripts=True), tmp_path / "layer")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, tmp_path / "layer/bin/tool", "word"],
        capture_output=True,
        cwd=tmp_path,
        env=environment,
        check=False,
    )
    assert (done.returncode, done.stdout.split()) == (7, [b"word"])
