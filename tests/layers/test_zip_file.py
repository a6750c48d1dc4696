"""The zip of a layer."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import struct
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

from lambda_wheels.layers import Contents, write_zip
from lambda_wheels.layers.sources import PIECE
from lambda_wheels.progress import ProgressEvent
from tests.layers.hand_made import contents_of, hand_made
from tests.layers.trees import names_in, tree, tree_of


def test_golden_bytes(tmp_path: Path, place: Path) -> None:
    """The bytes of a small layer stay from release to release; its wheel is stored, so that no zlib matters."""
    wheel = hand_made(
        tmp_path / "wheels",
        files={"demo.py": b"x = 1\n", "ü.txt": b"", "tool": b"#!/bin/sh\n"},
        entry_points="[console_scripts]\ndemo = demo:main\n",
        executable=["tool"],
    )
    written = write_zip(contents_of(wheel), place / "layer.zip")
    assert (written.size, written.sha256) == (2255, "d189c53520ec6b1611429dc0f99720e7ffe46cbb5df94da0128879c439baba2c")


def test_what_is_said_of_it(contents: Contents, place: Path) -> None:
    """Size and sha256 are those of the file, and the size was known before."""
    written = write_zip(contents, place / "layer.zip")
    content = (place / "layer.zip").read_bytes()
    assert written.path == place / "layer.zip"
    assert written.size == contents.zip_size == len(content)
    assert written.sha256 == hashlib.sha256(content).hexdigest()
    assert names_in(place) == ["layer.zip"]


def test_files(contents: Contents, place: Path) -> None:
    """``zipfile`` finds every file, in order, whole and with its mode and the one date."""
    write_zip(contents, place / "layer.zip")
    with zipfile.ZipFile(place / "layer.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [entry.path for entry in contents.entries]
        assert {name: archive.read(name) for name in archive.namelist()} == tree_of(contents)
        for info, entry in zip(archive.infolist(), contents.entries, strict=True):
            assert info.external_attr >> 16 == stat.S_IFREG | entry.mode
            assert info.date_time == (1980, 2, 1, 0, 0, 0)
            assert (info.create_system, info.extra, info.comment, info.internal_attr) == (3, b"", b"", 0)
            assert info.flag_bits == (0 if info.filename.isascii() else 0x800)
        assert archive.comment == b""


def test_local_headers_agree_with_the_directory(contents: Contents, place: Path) -> None:
    """Each local header says what the directory says, and nothing lies between the files."""
    write_zip(contents, place / "layer.zip")
    raw = (place / "layer.zip").read_bytes()
    expected = 0
    with zipfile.ZipFile(place / "layer.zip") as archive:
        for info in archive.infolist():
            assert info.header_offset == expected
            mark, _, flags, method, time, date, crc, packed, size, name, extra = struct.unpack_from(
                "<4s5H3L2H", raw, expected
            )
            assert (mark, flags, method, extra) == (b"PK\3\4", info.flag_bits, info.compress_type, 0)
            assert (crc, packed, size) == (info.CRC, info.compress_size, info.file_size)
            assert (time, date) == (0, 65)
            assert raw[expected + 30 : expected + 30 + name].decode() == info.filename
            expected += 30 + name + packed
        assert archive.start_dir == expected


def test_streams_are_copied(tmp_path: Path, place: Path) -> None:
    """The compressed bytes of a member are those of the wheel, not compressed anew; what we write is stored."""
    wheel = hand_made(tmp_path, files={"demo.py": b"x = 1\n" * 1000}, deflated=True)
    write_zip(contents_of(wheel), place / "layer.zip")
    raw = (place / "layer.zip").read_bytes()
    member = wheel.wheel.members[0]
    stream = wheel.path.read_bytes()[member.offset : member.offset + member.compressed_size]
    with zipfile.ZipFile(place / "layer.zip") as archive:
        info = archive.getinfo("python/demo.py")
        start = info.header_offset + 30 + len("python/demo.py")
        assert raw[start : start + info.compress_size] == stream
        assert archive.getinfo("python/demo-1.0.dist-info/RECORD").compress_type == zipfile.ZIP_STORED


@pytest.mark.parametrize("size", [PIECE - 200, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 5])
def test_sizes_around_the_buffer(tmp_path: Path, place: Path, size: int) -> None:
    """Members larger than, or just as large as, the pieces in which we write arrive whole."""
    content = os.urandom(1000) * (size // 1000 + 1)
    contents = contents_of(hand_made(tmp_path, files={"a.bin": content[:size], "b.bin": content[1 : size + 1]}))
    written = write_zip(contents, place / "layer.zip")
    assert written.sha256 == hashlib.sha256((place / "layer.zip").read_bytes()).hexdigest()
    with zipfile.ZipFile(place / "layer.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == tree_of(contents)


def test_large_generated_file(tmp_path: Path, place: Path) -> None:
    """What we write ourselves may be larger than the pieces in which we write."""
    script = b"#!python\n" + os.urandom(3 * PIECE)
    contents = contents_of(hand_made(tmp_path, files={"demo-1.0.data/scripts/demo": script}), scripts=True)
    write_zip(contents, place / "layer.zip")
    with zipfile.ZipFile(place / "layer.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == tree_of(contents)


def test_more_wheels_than_files_held_open(tmp_path: Path, place: Path) -> None:
    """A layer of very many wheels needs few open files at once."""
    wheels = [hand_made(tmp_path / "wheels", f"w{number}") for number in range(70)]
    contents = contents_of(*wheels)
    write_zip(contents, place / "layer.zip")
    with zipfile.ZipFile(place / "layer.zip") as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == len(contents.entries)


def test_progress(contents: Contents, place: Path) -> None:
    """Progress is told in bytes of the zip, from none to all, never back."""
    events: list[ProgressEvent] = []
    write_zip(contents, place / "layer.zip", progress=events.append)
    done = [event.done for event in events]
    assert done == sorted(done) and done[0] == 0 and done[-1] == contents.zip_size
    assert {(event.stage, event.total, event.what) for event in events} == {("write", contents.zip_size, "layer.zip")}


def test_replaces_an_earlier_one(contents: Contents, place: Path) -> None:
    """A zip that is there is replaced."""
    (place / "layer.zip").write_bytes(b"earlier")
    write_zip(contents, place / "layer.zip")
    assert zipfile.is_zipfile(place / "layer.zip")


_UNPACKERS = [
    pytest.param("unzip", ["unzip", "-q", "{zip}"], id="unzip"),
    pytest.param("bsdtar", ["bsdtar", "-xf", "{zip}"], id="bsdtar"),
    pytest.param("jar", ["jar", "xf", "{zip}"], id="jar"),
]


@pytest.mark.process
@pytest.mark.parametrize(("program", "command"), _UNPACKERS)
def test_unpackers_agree(contents: Contents, place: Path, program: str, command: list[str]) -> None:
    """Other programs unpack the same files, and those that know modes the same modes."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    write_zip(contents, place / "layer.zip")
    folder = place / "unpacked"
    folder.mkdir()
    subprocess.run(
        [part.format(zip=place / "layer.zip") for part in command],
        cwd=folder,
        env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "Pacific/Pago_Pago"},
        check=True,
        capture_output=True,
    )
    assert tree(folder) == tree_of(contents)
    if program != "jar":
        for entry in contents.entries:
            assert (folder / entry.path).stat().st_mode & 0o777 & ~_umask() == entry.mode & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


_BUILD = textwrap.dedent(
    """
    import os, sys
    from pathlib import Path
    sys.path.insert(0, sys.argv[1])
    from tests.layers.conftest import FILES
    from tests.layers.hand_made import contents_of, hand_made
    from lambda_wheels.layers import write_folder, write_zip
    from tests.layers.trees import modes
    os.umask(int(sys.argv[2], 8))
    wheel = hand_made(Path("wheels"), files=FILES, executable=["demo/tool"])
    contents = contents_of(wheel, hand_made(Path("wheels"), "other"), scripts=True)
    write_folder(contents, Path("folder"))
    print(write_zip(contents, Path("layer.zip")).sha256, contents.content_sha256, sorted(modes(Path("folder")).items()))
    """
)


@pytest.mark.process
def test_surroundings_do_not_matter(tmp_path: Path) -> None:
    """Umask, time zone, locale, hash seed and working directory change neither bytes nor modes."""
    here = str(Path(__file__).parents[2])
    results = set()
    for number, (umask, zone, locale) in enumerate(
        [("022", "UTC", "C"), ("077", "Pacific/Kiritimati", "C.UTF-8"), ("000", "America/Anchorage", "POSIX")]
    ):
        folder = tmp_path / f"{number} ü"
        folder.mkdir(mode=0o700)
        done = subprocess.run(
            [sys.executable, "-X", "utf8", "-c", _BUILD, here, umask],
            cwd=folder,
            env={**os.environ, "TZ": zone, "LC_ALL": locale, "PYTHONHASHSEED": str(number + 1)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        results.add(done.stdout)
    assert len(results) == 1
