"""Libraries that the caller brings along."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_wheels.errors import UsageError
from lambda_wheels.layers import View, lay_out, write_folder
from lambda_wheels.layers.libraries import read_libraries
from lambda_wheels.layers.manifest import parse_manifest
from tests.elf_factory import elf
from tests.layers.hand_made import TARGET, by_path, contents_of, hand_made


def library(folder: Path, name: str, soname: str = "") -> Path:
    """A shared object called ``name``."""
    path = folder / name
    path.write_bytes(elf(machine="aarch64", soname=soname))
    return path


@pytest.mark.parametrize(
    ("name", "soname", "wanted"),
    [
        pytest.param("libdemo.so.1.0.0", "libdemo.so.1", "libdemo.so.1", id="soname"),
        pytest.param("libdemo.so", "", "libdemo.so", id="no soname"),
        pytest.param("copy", "libdemo.so.1", "libdemo.so.1", id="name of the file is another"),
    ],
)
def test_name(tmp_path: Path, name: str, soname: str, wanted: str) -> None:
    """A library goes where others look for it: by its soname, or else by the name of its file."""
    [found] = read_libraries([library(tmp_path, name, soname)])
    assert (found.name, found.path) == (wanted, f"lib/{wanted}")


def test_links(tmp_path: Path) -> None:
    """A link is followed, and the same library twice is one."""
    path = library(tmp_path, "libdemo.so.1.0.0", "libdemo.so.1")
    (tmp_path / "libdemo.so.1").symlink_to(path)
    assert len(read_libraries([path, tmp_path / "libdemo.so.1"])) == 1


def test_refused(tmp_path: Path) -> None:
    """Everything that is no shared object for Linux is refused, all at once."""
    (tmp_path / "text.so").write_text("INPUT(libdemo.so.1)")
    (tmp_path / "cut.so").write_bytes(elf()[:100])
    paths = [
        tmp_path / "text.so",
        tmp_path / "cut.so",
        tmp_path / "absent.so",
        tmp_path,
        library(tmp_path, "program"),
        library(tmp_path, "back.so", "lib\\demo.so"),
        library(tmp_path, "climbs.so", "../demo.so"),
    ]
    with pytest.raises(UsageError) as caught:
        read_libraries(paths)
    rules = [problem.rule for problem in caught.value.problems]
    assert rules == ["not-a-library", "not-a-library", "no-such-file", *["not-a-library"] * 4]


def test_one_name(tmp_path: Path) -> None:
    """Two libraries of one name are refused."""
    first = library(tmp_path, "a.so", "libdemo.so.1")
    second = tmp_path / "b.so"
    second.write_bytes(elf(machine="aarch64", soname="libdemo.so.1", needed=["libm.so.6"]))
    with pytest.raises(UsageError, match=r"is called libdemo\.so\.1 as well"):
        read_libraries([first, second])


def test_in_the_layer(tmp_path: Path) -> None:
    """It is a plain file in ``lib/``, counts for the digest, and the manifest names it with its sha256."""
    stored = hand_made(tmp_path / "store")
    [brought] = read_libraries([library(tmp_path, "libdemo.so.1")])
    contents = lay_out([View(TARGET, [stored])], libraries=[brought])
    entry = by_path(contents)["lib/libdemo.so.1"]
    assert (entry.source, entry.mode) == (brought.content, 0o644)
    assert contents.content_sha256 != contents_of(stored).content_sha256
    [named] = parse_manifest(contents.manifest.as_bytes()).libraries
    assert (named.name, named.sha256) == (brought.name, brought.sha256)


def test_built_again(tmp_path: Path) -> None:
    """A folder is ours with its libraries, and they go when they are no longer brought along."""
    stored = hand_made(tmp_path / "store")
    libraries = read_libraries([library(tmp_path, "libdemo.so.1")])
    output = tmp_path / "layer"
    for brought in (libraries, libraries, ()):
        write_folder(lay_out([View(TARGET, [stored])], libraries=brought), output)
        assert (output / "lib/libdemo.so.1").exists() is bool(brought)
