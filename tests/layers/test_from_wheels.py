"""From wheel files, read as a build reads them, to a layer."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import zipfile
from pathlib import Path

import pytest

from lambda_wheels.layers import Contents, View, lay_out, write_folder, write_zip
from lambda_wheels.store import StoredWheel
from lambda_wheels.wheels import read_wheel
from tests.layers.hand_made import TARGET
from tests.layers.trees import names_in
from tests.wheel_factory import make_wheel


@pytest.fixture
def real(tmp_path: Path) -> Contents:
    """The contents of a layer of two wheel files that share a namespace."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    paths = [
        make_wheel(
            folder,
            "ns-one",
            files={"ns/one/__init__.py": "ONE = 1\n"},
            data={"data/share/one.txt": "one", "scripts/one": "#!python\n", "headers/one.h": ""},
            modes={"ns/one/__init__.py": 0o100755},
            stored=["ns/one/__init__.py"],
        ),
        make_wheel(folder, "ns-two", files={"ns/two.py": "TWO = 2\n" * 100}, entry_points="[demo]\nx = ns.two:TWO\n"),
    ]
    return lay_out([View(TARGET, [StoredWheel(read_wheel(path), path) for path in paths])], scripts=True)


def test_zip(real: Contents, tmp_path: Path) -> None:
    """The zip of real wheels holds their files where they belong, each whole."""
    write_zip(real, tmp_path / "layer.zip")
    with zipfile.ZipFile(tmp_path / "layer.zip") as archive:
        assert archive.testzip() is None
        names = [name for name in archive.namelist() if ".dist-info/" not in name and name != real.manifest.path]
        assert names == ["bin/one", "python/ns/one/__init__.py", "python/ns/two.py", "python/share/one.txt"]
        assert archive.read("python/ns/two.py") == b"TWO = 2\n" * 100
        assert archive.getinfo("python/ns/one/__init__.py").external_attr >> 16 == 0o100755


def test_metadata_works(real: Contents, tmp_path: Path) -> None:
    """``importlib.metadata`` finds the projects, their entry points, and each file of RECORD with its hash."""
    write_folder(real, tmp_path / "layer")
    assert names_in(tmp_path / "layer") == ["bin", "lambda-wheels", "python"]
    distributions = list(importlib.metadata.distributions(path=[str(tmp_path / "layer/python")]))
    assert sorted(distribution.name for distribution in distributions) == ["ns-one", "ns-two"]
    for distribution in distributions:
        assert distribution.read_text("INSTALLER") == "lambda-wheels\n"
        for file in distribution.files or ():
            content = Path(str(file.locate())).read_bytes()
            if file.name == "RECORD":
                assert file.hash is None and file.size is None
            else:
                digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
                assert file.hash is not None and (file.hash.value, file.size) == (digest, len(content))
    two = next(distribution for distribution in distributions if distribution.name == "ns-two")
    assert [point.value for point in two.entry_points] == ["ns.two:TWO"]
