"""What any layer holds, read from a zip and from a folder. (Writes the disk.)"""

from __future__ import annotations

import os
import py_compile
import stat
import struct
import sys
from pathlib import Path

import pytest

from lambda_wheels.errors import WheelError
from lambda_wheels.layers import Contents, linked, packed, reading, write_folder, write_zip
from lambda_wheels.layers.reading import Reading, read_layer
from lambda_wheels.wheels.pyc import PycKind
from tests.forged_zip import Entry, forge

posix = pytest.mark.skipif(sys.platform == "win32", reason="links, pipes and modes are not so there")
LINK = stat.S_IFLNK | 0o777


def zipped(folder: Path, *entries: Entry) -> Reading:
    """What is read of a zip."""
    path = folder / "forged.zip"
    path.write_bytes(forge(entries))
    return read_layer(path)


def rules(found: Reading) -> list[tuple[str, str | None]]:
    """What is wrong, and where."""
    return [(problem.rule, problem.member) for problem in found.problems]


def test_both_forms(contents: Contents, place: Path) -> None:
    """A zip and a folder of the same layer hold the same, and all of it is told as it is read."""
    read: list[int] = []
    of_zip = read_layer(write_zip(contents, place / "layer.zip").path, read.append)
    of_folder = read_layer(write_folder(contents, place / "layer"), read.append)
    assert of_zip.held.files.keys() == {entry.path for entry in contents.entries}
    if sys.platform != "win32":
        assert of_zip.held.files == of_folder.held.files
    assert of_zip.held.texts == of_folder.held.texts
    assert {Path(path).name for path in of_zip.held.texts} > {"METADATA", "RECORD", "WHEEL"}
    assert (of_zip.is_sound, of_zip.problems) == (of_folder.is_sound, of_folder.problems) == (True, ())
    assert of_folder.held.zip_size is None
    assert of_zip.held.zip_size == (place / "layer.zip").stat().st_size
    assert sum(read) == 2 * contents.unzipped_size


def test_unsafe_names(tmp_path: Path) -> None:
    """What could be unpacked elsewhere is found, and held to be nowhere; the rest is read."""
    found = zipped(tmp_path, *(Entry(name=name) for name in (b"../x.py", b"/y.py", b"python\\z.py", b"python/ok.py")))
    assert not found.is_sound
    assert rules(found) == [
        ("member-name-climbs", "../x.py"),
        ("member-name-absolute", "/y.py"),
        ("member-name-backslash", "python\\z.py"),
    ]
    assert list(found.held.files) == ["python/ok.py"]
    assert [problem.wheel for problem in found.problems] == [None] * 3


def test_names_that_are_not_ascii(tmp_path: Path) -> None:
    """Info-ZIP on Linux writes UTF-8 and does not say so: a warning; what is no UTF-8 is an error."""
    found = zipped(tmp_path, Entry(name="python/ä.py".encode(), flags=0))
    assert (rules(found), found.is_sound) == ([("member-name-encoding", "python/ä.py")], True)
    assert list(found.held.files) == ["python/ä.py"]
    found = zipped(tmp_path, Entry(name=b"python/\xe4.py", flags=0))
    assert ([rule for rule, _ in rules(found)], found.is_sound) == (["member-name-encoding"], False)


@pytest.mark.parametrize(
    ("entry", "mode"),
    [
        pytest.param(Entry(name=b"python/a.py", mode=stat.S_IFREG | 0o600), 0o600, id="of its owner"),
        pytest.param(Entry(name=b"python/a.py", mode=0o664), 0o664, id="without a type"),
        pytest.param(Entry(name=b"python/a.py", mode=0), None, id="none, as Windows writes it"),
    ],
)
def test_modes(entry: Entry, mode: int | None, tmp_path: Path) -> None:
    """A zip says who may read its files, or it does not."""
    assert zipped(tmp_path, entry).held.files["python/a.py"].mode == mode


def test_links_in_a_zip(tmp_path: Path) -> None:
    """A link to a file of the layer, over others as well, stands for that file; one in a circle for nothing."""
    found = zipped(
        tmp_path,
        Entry(name=b"lib/libx.so.1", content=b"\x7fELF"),
        Entry(name=b"lib/libx.so", content=b"libx.so.1", mode=LINK),
        Entry(name=b"python/x.so", content=b"../lib/libx.so", mode=LINK),
        Entry(name=b"python/round", content=b"round", mode=LINK),
    )
    assert found.problems == ()
    assert found.held.files["python/x.so"] == found.held.files["lib/libx.so.1"]
    assert {native.path for native in found.held.natives} == {"lib/libx.so.1", "lib/libx.so", "python/x.so"}
    assert found.held.links["python/round"] == "round"
    assert "python/round" not in found.held.files


@posix
def test_a_folder_of_everything(tmp_path: Path) -> None:
    """Links are not followed, pipes are not read, and what a build has not completed is not looked at."""
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "a.py").write_bytes(b"")
    (tmp_path / "python" / "again").symlink_to("..")
    (tmp_path / ".lambda-wheels-0.tmp").mkdir()
    (tmp_path / ".lambda-wheels-0.tmp" / "b.py").write_bytes(b"")
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "python" / "pipe")
    found = read_layer(tmp_path)
    assert list(found.held.files) == ["python/a.py"]
    assert found.held.links == {"python/again": ".."}
    assert rules(found) == [("member-fifo", "python/pipe")]


@posix
def test_a_folder_of_many_levels(tmp_path: Path) -> None:
    """Folders are not opened further than names may be long."""
    place = os.open(tmp_path, os.O_RDONLY)
    for _ in range(600):
        os.mkdir("d", dir_fd=place)
        below = os.open("d", os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = below
    os.close(place)
    found = read_layer(tmp_path)
    assert [rule for rule, _ in rules(found)] == ["member-name-length"]


def test_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of too many files, or of far more bytes than Lambda takes, is not read."""
    (tmp_path / "a").write_bytes(b"123")
    (tmp_path / "b").write_bytes(b"456")
    for name, limit, rule in (("ZIP_ENTRIES_LIMIT", 1, "too-many-files"), ("_MOST_IN_FOLDER", 5, "too-large")):
        with monkeypatch.context() as patch:
            patch.setattr(packed, name, limit)
            with pytest.raises(WheelError) as caught:
                read_layer(tmp_path)
        assert [problem.rule for problem in caught.value.problems] == [rule]


def test_a_bomb(tmp_path: Path) -> None:
    """A zip that unpacks to far more than Lambda takes is not inflated; one of a little more is."""
    with pytest.raises(WheelError, match="more than the 262,144,000 that Lambda allows"):
        zipped(tmp_path, Entry(name=b"python/a", central={"size": 600_000_000}))
    found = zipped(tmp_path, Entry(name=b"python/a", content=bytes(300_000_000)))
    assert found.held.files["python/a"].size == 300_000_000


def test_texts_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Metadata that would fill the memory is a finding."""
    monkeypatch.setattr(reading, "_MOST_TEXT", 10)
    files = [Entry(name=f"python/{name}-1.dist-info/METADATA".encode(), content=b"123456") for name in "ab"]
    found = zipped(tmp_path, *files)
    assert rules(found) == [("metadata-size", "python/b-1.dist-info/METADATA")]
    assert list(found.held.texts) == ["python/a-1.dist-info/METADATA"]


def test_a_file_that_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of another size than was listed is no longer what it was."""
    (tmp_path / "a").write_bytes(b"123")
    entries = packed.PackedFolder.entries
    monkeypatch.setattr(
        packed.PackedFolder, "entries", lambda *args: [entry._replace(size=9) for entry in entries(*args)]
    )
    with pytest.raises(ValueError, match="a has another size than it had"):
        read_layer(tmp_path)


@pytest.mark.parametrize("mode", list(py_compile.PycInvalidationMode), ids=lambda mode: mode.name.lower())
def test_bytecode(mode: py_compile.PycInvalidationMode, tmp_path: Path) -> None:
    """Of bytecode is known which source it is for, and whether it is of that."""
    source = tmp_path / "layer" / "a.py"
    source.parent.mkdir()
    source.write_bytes(b"x = 1\n")
    compiled = Path(py_compile.compile(str(source), invalidation_mode=mode) or "")
    kinds = {"TIMESTAMP": PycKind.DATE, "CHECKED_HASH": PycKind.CHECKED, "UNCHECKED_HASH": PycKind.UNCHECKED}
    path = f"__pycache__/{compiled.name}"

    def known() -> tuple[object, ...]:
        [of_folder] = read_layer(source.parent).held.pycs
        content = {"a.py": source.read_bytes(), path: compiled.read_bytes()}
        [of_zip] = zipped(tmp_path, *(Entry(name=name.encode(), content=it) for name, it in content.items())).held.pycs
        assert of_folder == of_zip
        return of_folder

    assert known() == (path, compiled.stat().st_size, sys.version_info[:2], kinds[mode.name], "a.py", True)
    source.write_bytes(b"x = 1000\n")
    assert known()[-1] is False


def test_bytecode_of_another_date(tmp_path: Path) -> None:
    """In a folder the date of the source counts, in a zip it is not known what becomes of it."""
    source = tmp_path / "a.py"
    source.write_bytes(b"x = 1\n")
    py_compile.compile(str(source), invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP)
    os.utime(source, (1, 1))
    [pyc] = read_layer(tmp_path).held.pycs
    assert pyc.matches is False


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("a/__pycache__/b.cpython-313.pyc", "a/b.py"),
        ("__pycache__/b.cpython-313.opt-2.pyc", "b.py"),
        ("a/b.pyc", "a/b.py"),
        ("a/__pycache__/b.pyc", None),
        ("a/__pycache__/c.cpython-313.pyc", None),
    ],
)
def test_where_bytecode_stands(path: str, source: str | None, tmp_path: Path) -> None:
    """Bytecode stands in ``__pycache__`` under a name of its Python, or in the place of its source."""
    header = struct.pack("<H2sI8s", 3571, b"\r\n", 1, bytes(8))
    files = [Entry(name=b"a/b.py"), Entry(name=b"b.py"), Entry(name=path.encode(), content=header)]
    [pyc] = zipped(tmp_path, *files).held.pycs
    assert pyc.source == source
    assert pyc.matches is (None if source is None else False)


def test_folders_by_way_of_links(tmp_path: Path) -> None:
    """What is in a folder that a link leads to is there as well, whatever it is; no folder holds itself."""
    found = zipped(
        tmp_path,
        Entry(name=b"real/demo/__init__.py"),
        Entry(name=b"real/demo/x.so", content=b"\x7fELF"),
        Entry(name=b"real/demo/y.so", content=b"x.so", mode=LINK),
        Entry(name=b"real/demo-1.0.dist-info/METADATA", content=b"Name: demo\n"),
        Entry(name=b"python/demo", content=b"../real/demo", mode=LINK),
        Entry(name=b"python/demo-1.0.dist-info", content=b"/opt/again/demo-1.0.dist-info", mode=LINK),
        Entry(name=b"again", content=b"real", mode=LINK),
        Entry(name=b"real/demo/above", content=b"..", mode=LINK),
        Entry(name=b"real/out", content=b"../../etc", mode=LINK),
        Entry(name=b"python/gone", content=b"../gone", mode=LINK),
    )
    assert found.held.linked == {
        "real/demo/y.so": "real/demo/x.so",
        "python/demo/__init__.py": "real/demo/__init__.py",
        "python/demo/x.so": "real/demo/x.so",
        "python/demo/y.so": "real/demo/x.so",
        "python/demo-1.0.dist-info/METADATA": "real/demo-1.0.dist-info/METADATA",
        **{
            f"again/{path}": f"real/{path.replace('y.so', 'x.so')}"
            for path in ("demo/__init__.py", "demo/x.so", "demo/y.so", "demo-1.0.dist-info/METADATA")
        },
    }
    assert found.held.linked.keys() <= found.held.files.keys()
    assert found.held.texts["python/demo-1.0.dist-info/METADATA"] == b"Name: demo\n"
    assert "python/demo/y.so" in {native.path for native in found.held.natives}


def test_files_by_way_of_links_are_not_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few links can make many files of few, of which no more are looked at than a zip holds, nor are more texts."""
    monkeypatch.setattr(linked, "_MOST", 3)
    monkeypatch.setattr(reading, "_MOST_TEXT", 6)
    files = [Entry(name=f"real/{name}.dist-info/METADATA".encode(), content=b"123") for name in "ab"]
    links = [Entry(name=f"python/{name}".encode(), content=b"../real", mode=LINK) for name in "cd"]
    found = zipped(tmp_path, *files, *links)
    assert len(found.held.linked) == 3
    assert len(found.held.texts) == 4
