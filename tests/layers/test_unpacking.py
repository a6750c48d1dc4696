"""Layers and wheels as folders for a while. (Writes the disk.)"""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from lambda_wheels.errors import WheelError
from lambda_wheels.layers import Contents, write_folder, write_zip
from lambda_wheels.layers.unpacking import unpacked
from tests.forged_zip import Entry, forge
from tests.layers.trees import tree
from tests.wheel_factory import make_wheel


def test_a_layer(contents: Contents, place: Path) -> None:
    """A zip is unpacked as the folder would be, and gone afterwards; a folder is taken as it is."""
    folder = write_folder(contents, place / "layer")
    with unpacked(write_zip(contents, place / "layer.zip").path) as made:
        assert tree(made) == tree(folder)
    assert not made.exists()
    with unpacked(folder) as made:
        assert made == folder


def test_a_wheel(tmp_path: Path) -> None:
    """A wheel is below ``python/``, without its scripts."""
    wheel = make_wheel(tmp_path, "demo", data={"scripts/demo": "#!python\n", "purelib/more.py": ""})
    with unpacked(wheel) as made:
        assert (made / "python" / "more.py").is_file()
        assert (made / "python" / "demo" / "__init__.py").is_file()
        assert not [*made.rglob("scripts")]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_links(tmp_path: Path) -> None:
    """Links within the layer are made, and others are not."""
    link = stat.S_IFLNK | 0o777
    (tmp_path / "layer.zip").write_bytes(
        forge(
            [
                Entry(name=b"python/a", content=b"../lib/x", mode=link),
                Entry(name=b"lib/x", content=b"1"),
                Entry(name=b"new/out", content=b"../../x", mode=link),
                Entry(name=b"root", content=b"/", mode=link),
            ]
        )
    )
    with unpacked(tmp_path / "layer.zip") as made:
        assert (made / "python" / "a").read_bytes() == b"1"
        assert not [path for path in made.rglob("*") if path.is_symlink() and path.name != "a"]


def test_what_cannot_be_unpacked(tmp_path: Path) -> None:
    """What changed since it was looked at, and would climb out now, is not unpacked."""
    (tmp_path / "layer.zip").write_bytes(forge([Entry(name=b"../x")]))
    with pytest.raises(ValueError, match="cannot be unpacked"), unpacked(tmp_path / "layer.zip"):
        pass
    (tmp_path / "layer.zip").write_bytes(b"")
    with pytest.raises(WheelError), unpacked(tmp_path / "layer.zip"):
        pass
