"""What bytecode says of itself, as this Python and others write it. (Compiles.)"""

from __future__ import annotations

import py_compile
import sys
from pathlib import Path

import pytest

from lambda_wheels.wheels.pyc import HEADER, is_of, python_of

SOURCE = b"x = 1\n"


def header(magic: int, flags: int = 1) -> bytes:
    """The beginning of a file of bytecode."""
    return HEADER.pack(magic, b"\r\n", flags, bytes(8))


@pytest.mark.parametrize(
    ("magic", "python"),
    [
        (3413, (3, 8)),
        (3425, (3, 9)),
        (3439, (3, 10)),
        (3495, (3, 11)),
        (3531, (3, 12)),
        (3571, (3, 13)),
        (3627, (3, 14)),
        (3650, (3, 15)),
        (3394, None),
        (62211, (3, 1186)),
    ],
)
def test_versions(magic: int, python: tuple[int, int] | None) -> None:
    """The magic number says for which Python bytecode is: never for one of Lambda's where it is not."""
    assert python_of(header(magic)) == python


@pytest.mark.parametrize("content", [b"", b"\xf3\r\r\n", b"hello, I am no bytecode", bytes(16)])
def test_no_bytecode(content: bytes) -> None:
    """What is too short, or begins otherwise, is for no Python."""
    assert python_of(content) is None
    assert is_of(content, SOURCE) is None


@pytest.mark.parametrize(
    "mode", [py_compile.PycInvalidationMode.CHECKED_HASH, py_compile.PycInvalidationMode.UNCHECKED_HASH]
)
def test_hashes(mode: py_compile.PycInvalidationMode, tmp_path: Path) -> None:
    """The hash that this Python writes is known for that of its source, and for no other's."""
    (tmp_path / "a.py").write_bytes(SOURCE)
    compiled = py_compile.compile(str(tmp_path / "a.py"), invalidation_mode=mode)
    assert compiled is not None
    content = Path(compiled).read_bytes()
    assert python_of(content) == sys.version_info[:2]
    assert is_of(content, SOURCE) is True
    assert is_of(content, SOURCE + b"#") is False


def test_hashes_of_older_pythons() -> None:
    """Python 3.10 hashes otherwise, so that nothing is said of what it compiled."""
    assert is_of(header(3439), SOURCE) is None
