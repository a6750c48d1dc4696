"""Whether the files of a layer are those that RECORD lists. (Pure.)"""

from __future__ import annotations

import pytest

from lambda_wheels.audit.records import changed, missing
from tests.audit.held_layers import Files, installed, said, view
from tests.wheel_factory import record

FILES = {"python/demo/__init__.py": b"x = 1\n", "python/demo/b.py": b"", "python/demo/data.bin": b"\0"}
RECORD = "python/demo-1.0.dist-info/RECORD"


def layer(files: Files) -> dict[str, bytes]:
    """The distribution as it was installed, but for ``files``."""
    return {**installed("demo", files=FILES), **files}


def test_as_installed() -> None:
    """What was installed agrees; what lies beside it is nobody's business."""
    found = view(layer({"python/own.py": b"", "python/demo/__pycache__/b.cpython-313.pyc": b""}))
    assert [*changed(found), *missing(found)] == []


def test_changed() -> None:
    """Files with other bytes are one finding for each project."""
    found = view(layer({"python/demo/b.py": b"y", "python/demo/data.bin": b""}))
    [problem] = changed(found)
    assert said([problem]) == [("record-hash", "error", "python/demo/b.py")]
    assert problem.project == "demo"
    assert problem.message == "its bytes do not have the hash that RECORD gives (and 1 other file)"


def test_missing() -> None:
    """Files that have gone are a warning: somebody wanted a smaller layer."""
    files = layer({})
    del files["python/demo/b.py"]
    assert said(missing(view(files))) == [("record-surplus-row", "warning", "python/demo/b.py")]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(["demo/__pycache__/b.cpython-313.pyc", "", ""], id="bytecode, which nothing needs"),
        pytest.param(["../../bin/demo", "sha256=x", "1"], id="a script that was left out"),
        pytest.param(["demo-1.0.data/scripts/demo", "sha256=x", "1"], id="a script of who only unpacks"),
        pytest.param(["demo/__init__.py", "", ""], id="no hash"),
        pytest.param(["demo/__init__.py", "md5=abc", "6"], id="a hash of another kind"),
        pytest.param(["demo", "", ""], id="a folder"),
    ],
)
def test_other_rows(row: list[str]) -> None:
    """What installers write besides is no finding."""
    files = {**layer({}), RECORD: record([row])}
    found = view(files)
    assert [*changed(found), *missing(found)] == []


def test_two_rows() -> None:
    """Of two rows for one file, as pip may leave them, one has to be right."""
    right = installed("demo", files=FILES)[RECORD]
    wrong = record([["demo/b.py", "sha256=AAAA", "9"]])
    assert list(changed(view({**layer({}), RECORD: wrong + right}))) == []
    assert said(changed(view({**layer({}), RECORD: wrong * 2}))) == [("record-hash", "error", "python/demo/b.py")]


def test_size_where_there_is_no_hash() -> None:
    """A size alone is compared as well."""
    files = {**layer({}), RECORD: record([["demo/b.py", "", "9"]])}
    assert said(changed(view(files))) == [("record-hash", "error", "python/demo/b.py")]
