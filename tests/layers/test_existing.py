"""Layers that are there already, without a lock: what they say of themselves, and how they are compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_wheels.errors import LayerError, OutputError
from lambda_wheels.layers import Contents, write_folder, write_zip
from lambda_wheels.layers.existing import differences, manifest_of
from lambda_wheels.layers.zip_file import sha256_of_zip
from tests.layers.hand_made import contents_of, hand_made


def test_both_forms(contents: Contents, place: Path) -> None:
    """The zip and the folder say what they were made of, and are what they were made of."""
    written = write_zip(contents, place / "layer.zip")
    folder = write_folder(contents, place / "layer")
    assert sha256_of_zip(contents) == written.sha256
    for layer in (written.path, folder):
        assert manifest_of(layer) == contents.manifest
        assert list(differences(layer, contents)) == []


def test_other_contents(contents: Contents, place: Path, tmp_path: Path) -> None:
    """Two layers that differ in one wheel differ in its files, and in what they say of themselves."""
    layer = write_zip(contents_of(hand_made(tmp_path / "other", files={"demo/new.py": b""})), place / "layer.zip").path
    members = {problem.member for problem in differences(layer, contents)}
    assert {"python/demo/new.py", "python/demo/empty.py", contents.manifest.path} <= members


def test_manifest_that_is_too_large(place: Path) -> None:
    """What is larger than any manifest of ours is not read."""
    (place / "lambda-wheels").mkdir()
    with (place / "lambda-wheels" / f"{'0' * 32}.json").open("wb") as file:
        file.truncate((16 << 20) + 1)
    with pytest.raises(LayerError, match="it has no manifest"):
        manifest_of(place)


def test_nothing_there(place: Path) -> None:
    """A zip that has gone is a failure of the surroundings."""
    with pytest.raises(OutputError, match="cannot be read"):
        manifest_of(place / "layer.zip")
