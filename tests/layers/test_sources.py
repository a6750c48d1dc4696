"""The bytes of proven members."""

from __future__ import annotations

import errno
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from lambda_wheels.errors import OutputError
from lambda_wheels.layers.entries import Entry, FromWheel
from lambda_wheels.layers.sources import PIECE, pieces_of
from tests.layers.hand_made import by_path, contents_of, hand_made

CONTENT = b"0123456789" * 500_000


def _deflated(content: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(content) + compressor.flush()


def _entry(folder: Path, content: bytes, *, deflated: bool) -> Entry:
    return by_path(contents_of(hand_made(folder, files={"x": content}, deflated=deflated)))["python/x"]


@pytest.mark.parametrize("deflated", [False, True])
@pytest.mark.parametrize("content", [b"", b"x", CONTENT, bytes(20_000_000)], ids=["empty", "small", "large", "zeros"])
def test_pieces(tmp_path: Path, content: bytes, deflated: bool) -> None:
    """However large and compressible a member is, it comes in pieces of bounded size."""
    pieces = list(pieces_of(_entry(tmp_path, content, deflated=deflated)))
    assert b"".join(pieces) == content
    assert max(map(len, pieces), default=0) <= PIECE


@pytest.mark.parametrize(
    ("refused", "hint"),
    [
        pytest.param(errno.ENOENT, "so that it is fetched again", id="gone"),
        pytest.param(errno.EMFILE, "build again$", id="no more open files"),
    ],
)
def test_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: int, hint: str) -> None:
    """Only a wheel that has gone is to be fetched again; of another refusal the system's reason is told."""
    entry = _entry(tmp_path, CONTENT, deflated=True)

    def refuse(path: Path) -> NoReturn:
        raise OSError(refused, os.strerror(refused))

    monkeypatch.setattr("lambda_wheels.layers.sources._OpenWheel", refuse)
    with pytest.raises(OutputError, match=f"{os.strerror(refused)}; .*{hint}"):
        list(pieces_of(entry))


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda stream: b"\xff" * len(stream), id="rubbish"),
        pytest.param(lambda stream: _deflated(CONTENT + b"more").ljust(len(stream), b" "), id="longer"),
        pytest.param(lambda stream: _deflated(CONTENT[1:]).ljust(len(stream), b" "), id="shorter"),
        pytest.param(lambda stream: _deflated(CONTENT[::-1]).ljust(len(stream), b" "), id="other bytes"),
        pytest.param(lambda stream: stream[:-9] + bytes(9), id="without its end"),
    ],
)
def test_changed(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """A stream that is no longer the one that was proven is noticed, and what it inflates to is bounded."""
    entry = _entry(tmp_path, CONTENT, deflated=True)
    assert isinstance(entry.source, FromWheel)
    raw, member = entry.source.wheel.read_bytes(), entry.source.member
    end = member.offset + member.compressed_size
    entry.source.wheel.write_bytes(raw[: member.offset] + damage(raw[member.offset : end]) + raw[end:])
    got: list[bytes] = []
    with pytest.raises(OutputError, match="wheel-changed"):
        got.extend(pieces_of(entry))
    assert sum(map(len, got)) <= len(CONTENT)
