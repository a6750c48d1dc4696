"""Bytecode among the files of a layer: beside its source, in RECORD, in the manifest, within the limits."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

from lambda_wheels.bytecode import Bytecode, bytecode_path
from lambda_wheels.errors import LayerError
from lambda_wheels.layers import Contents, View, compatibility, lay_out, write_folder, write_zip
from lambda_wheels.layers.ours import check_ours
from lambda_wheels.problems import Severity
from lambda_wheels.store import StoredWheel
from lambda_wheels.store.packs import write_pack
from tests.layers.hand_made import TARGET, by_path, bytes_at, hand_made

VERSION = "3.13.0"


def packed(stored: StoredWheel, files: Mapping[str, bytes]) -> Bytecode:
    """``files``, by the paths of their sources, as the bytecode of a wheel."""
    named = {bytecode_path(path, VERSION): content for path, content in files.items()}
    path = stored.path.with_name(f"{stored.path.name}.bytecode")
    pack = write_pack(path, named, sha256=stored.wheel.sha256, version=VERSION, aside=path.parent)
    return Bytecode(version=VERSION, packs={stored.wheel.filename: pack})


def together(*parts: Bytecode) -> Bytecode:
    """The bytecode of several wheels."""
    return Bytecode(version=VERSION, packs={name: pack for part in parts for name, pack in part.packs.items()})


def laid_out(*wheels: StoredWheel, bytecode: Bytecode | None, allow: Collection[str] = ()) -> Contents:
    """The layer of ``wheels``."""
    return lay_out([View(TARGET, wheels)], bytecode=bytecode, allow=allow)


def recorded(contents: Contents, project: str = "demo") -> dict[str, list[str]]:
    """The rows of RECORD by path."""
    text = bytes_at(contents, f"python/{project}-1.0.dist-info/RECORD").decode()
    return {row[0]: row[1:] for row in csv.reader(io.StringIO(text))}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("x.py", "__pycache__/x.cpython-313.pyc", id="top"),
        pytest.param("a/b/__init__.py", "a/b/__pycache__/__init__.cpython-313.pyc", id="package"),
        pytest.param("a/b.c.py", "a/__pycache__/b.c.cpython-313.pyc", id="dots"),
        pytest.param("a/.py", "a/__pycache__/.cpython-313.pyc", id="no-stem"),
        pytest.param("a/ü.py", "a/__pycache__/ü.cpython-313.pyc", id="not-ascii"),
    ],
)
def test_paths(path: str, expected: str) -> None:
    """Bytecode is where Python looks for it."""
    assert bytecode_path(path, VERSION) == expected


def test_in_the_layer(tmp_path: Path) -> None:
    """Bytecode is stored beside its source, with mode 0644, and listed in RECORD with hash and size."""
    files = {"demo/__init__.py": b"", "demo/x.py": b"x = 1\n", "demo/template.py": b"{{ x }}"}
    stored = hand_made(tmp_path, files=files)
    contents = laid_out(stored, bytecode=packed(stored, {"demo/__init__.py": b"init", "demo/x.py": b"code of x"}))
    entry = by_path(contents)["python/demo/__pycache__/x.cpython-313.pyc"]
    assert (entry.size, entry.stored_size, entry.mode) == (9, 9, 0o644)
    assert bytes_at(contents, entry.path) == b"code of x"
    assert recorded(contents)["demo/__pycache__/x.cpython-313.pyc"][1] == "9"
    assert sorted(path for path in recorded(contents) if "__pycache__" in path) == [
        "demo/__pycache__/__init__.cpython-313.pyc",
        "demo/__pycache__/x.cpython-313.pyc",
    ]
    plain = laid_out(stored, bytecode=None)
    assert by_path(contents).keys() - by_path(plain).keys() == {
        "python/demo/__pycache__/__init__.cpython-313.pyc",
        "python/demo/__pycache__/x.cpython-313.pyc",
    }


def test_written(tmp_path: Path) -> None:
    """Zip and folder hold it, and the folder is still known as ours and can be filled again."""
    stored = hand_made(tmp_path / "wheels")
    contents = laid_out(stored, bytecode=packed(stored, {"demo/__init__.py": b"code" * 1_000_000}))
    assert write_zip(contents, tmp_path / "layer.zip").size == (tmp_path / "layer.zip").stat().st_size
    for _ in range(2):
        write_folder(contents, tmp_path / "layer")
        check_ours(tmp_path / "layer")
    compiled = tmp_path / "layer/python/demo/__pycache__/__init__.cpython-313.pyc"
    assert compiled.read_bytes() == b"code" * 1_000_000


def test_from_data(tmp_path: Path) -> None:
    """The bytecode of what lies in the wheel's ``.data`` folder is where that lands."""
    stored = hand_made(tmp_path, files={"demo-1.0.data/purelib/pure.py": b"x = 1\n"})
    contents = laid_out(stored, bytecode=packed(stored, {"pure.py": b"code"}))
    assert bytes_at(contents, "python/__pycache__/pure.cpython-313.pyc") == b"code"


def test_the_manifest(tmp_path: Path) -> None:
    """The full version is an option there, also where nothing was to compile; without bytecode nothing changes."""
    stored = hand_made(tmp_path, files={})
    plain = laid_out(stored, bytecode=None)
    assert b'"options": {}' in plain.manifest.as_bytes()
    contents = laid_out(stored, bytecode=Bytecode(version=VERSION, packs={}))
    assert b'"options": {\n    "bytecode": "3.13.0"\n  }' in contents.manifest.as_bytes()
    assert contents.content_sha256 == plain.content_sha256
    assert contents.manifest.path != plain.manifest.path


def test_the_wheels_own(tmp_path: Path) -> None:
    """Bytecode that a wheel brings for the same Python is replaced, as by pip; that for another stays."""
    own, other = "demo/__pycache__/x.cpython-313.pyc", "demo/__pycache__/x.cpython-312.pyc"
    stored = hand_made(tmp_path, files={"demo/x.py": b"", own: b"stale", other: b"old"})
    foreign = hand_made(tmp_path, "other", files={own: b"stale"})
    contents = laid_out(stored, foreign, bytecode=packed(stored, {"demo/x.py": b"code"}), allow=["path-conflict:other"])
    assert bytes_at(contents, f"python/{own}") == b"code"
    assert bytes_at(contents, f"python/{other}") == b"old"
    assert {own, other} <= recorded(contents).keys()
    assert own not in recorded(contents, "other")
    without = laid_out(stored, bytecode=Bytecode(version=VERSION, packs={}))
    assert bytes_at(without, f"python/{own}") == b"stale"


def test_shared(tmp_path: Path) -> None:
    """A file that two wheels share has its bytecode once, and both list it."""
    files = {"ns/__init__.py": b""}
    one, two = hand_made(tmp_path, "one", files=files), hand_made(tmp_path, "two", files=files)
    both = together(packed(one, {"ns/__init__.py": b"code"}), packed(two, {"ns/__init__.py": b"code"}))
    contents = laid_out(two, one, bytecode=both)
    path = "ns/__pycache__/__init__.cpython-313.pyc"
    assert bytes_at(contents, f"python/{path}") == b"code"
    assert path in recorded(contents, "one") and path in recorded(contents, "two")


@pytest.mark.parametrize("stays", ["one", "two"])
def test_given_way(stays: str, tmp_path: Path) -> None:
    """Where a file gave way its bytecode does, too, even if the file that stays has none."""
    leaves = "two" if stays == "one" else "one"
    one = hand_made(tmp_path, "one", files={"x.py": b"one"})
    two = hand_made(tmp_path, "two", files={"x.py": b"two"})
    both = together(packed(one, {"x.py": b"code of one"}), packed(two, {"x.py": b"code of two"}))
    contents = laid_out(one, two, bytecode=both, allow=[f"path-conflict:{leaves}"])
    path = "__pycache__/x.cpython-313.pyc"
    assert bytes_at(contents, f"python/{path}") == f"code of {stays}".encode()
    assert path in recorded(contents, stays) and path not in recorded(contents, leaves)
    [warning] = contents.warnings
    assert (warning.member, warning.project) == ("python/x.py", leaves)
    only = packed(one if leaves == "one" else two, {"x.py": b"code of what left"})
    assert f"python/{path}" not in by_path(laid_out(one, two, bytecode=only, allow=[f"path-conflict:{leaves}"]))


def test_a_conflict_is_said_once(tmp_path: Path) -> None:
    """Of two files at one path the problem is the files; that their bytecode differs as well is not another."""
    one = hand_made(tmp_path, "one", files={"x.py": b"one"})
    two = hand_made(tmp_path, "two", files={"x.py": b"two"})
    both = together(packed(one, {"x.py": b"1"}), packed(two, {"x.py": b"2"}))
    with pytest.raises(LayerError) as caught:
        laid_out(one, two, bytecode=both)
    [problem] = caught.value.problems
    assert "and at" not in problem.message


def test_no_room(tmp_path: Path) -> None:
    """Where a file is called ``__pycache__`` there is no bytecode."""
    stored = hand_made(tmp_path, files={"demo/x.py": b"", "demo/__pycache__": b"a file"})
    contents = laid_out(stored, bytecode=packed(stored, {"demo/x.py": b"code"}))
    assert "python/demo/__pycache__/x.cpython-313.pyc" not in by_path(contents)
    assert "demo/__pycache__/x.cpython-313.pyc" not in recorded(contents)


@pytest.mark.parametrize(
    ("limit", "hint"),
    [pytest.param(5_000, "build without bytecode", id="bytecode"), pytest.param(500, "leave out a project", id="both")],
)
def test_too_large(limit: int, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit holds for all of it; what bytecode adds is said, and whether the layer would do without."""
    monkeypatch.setattr("lambda_wheels.layers.limits.UNZIPPED_LIMIT", limit)
    stored = hand_made(tmp_path, files={"demo/x.py": b"#" * 3_000})
    with pytest.raises(LayerError) as caught:
        laid_out(stored, bytecode=packed(stored, {"demo/x.py": b"code" * 1_000}))
    [problem] = caught.value.problems
    assert (problem.rule, problem.severity) == ("too-large", Severity.ERROR)
    assert problem.message.endswith("; 4,000 of it are bytecode")
    assert problem.hint is not None and problem.hint.startswith(hint)


def test_bound_to_nothing(tmp_path: Path) -> None:
    """Bytecode binds a layer to no runtime: another looks for its own under another name, and finds none."""
    stored = hand_made(tmp_path)
    contents = laid_out(stored, bytecode=packed(stored, {"demo/__init__.py": b"code"}))
    assert not contents.bound_to_runtime
    assert compatibility(contents.wheels, TARGET) == compatibility([stored.wheel], TARGET)
