"""What a layer says it was made of."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from lambda_wheels.layers import Manifest, ManifestWheel, content_digest, parse_manifest
from lambda_wheels.layers.entries import generated
from lambda_wheels.layers.manifest import is_manifest_path, manifest_path
from lambda_wheels.targets import Target
from tests.layers.hand_made import by_path, contents_of, hand_made

WHEEL = ManifestWheel(name="demo", version="1.0", filename="demo-1.0-py3-none-any.whl", sha256="0" * 64)
MANIFEST = Manifest(
    wheels=(WHEEL, ManifestWheel(name="a", version="2", filename="a-2-py3-none-any.whl", sha256="f" * 64)),
    targets=(Target("python3.13", "x86_64"), Target("python3.13", "arm64")),
    waived=("path-conflict:demo", "a-rule:a"),
    scripts=True,
)
TEXT = """\
{
  "format": 1,
  "options": {
    "scripts": true
  },
  "targets": [
    {
      "architecture": "arm64",
      "runtime": "python3.13"
    },
    {
      "architecture": "x86_64",
      "runtime": "python3.13"
    }
  ],
  "waived": [
    "a-rule:a",
    "path-conflict:demo"
  ],
  "wheels": [
    {
      "filename": "a-2-py3-none-any.whl",
      "name": "a",
      "sha256": "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
      "version": "2"
    },
    {
      "filename": "demo-1.0-py3-none-any.whl",
      "name": "demo",
      "sha256": "0000000000000000000000000000000000000000000000000000000000000000",
      "version": "1.0"
    }
  ]
}
"""


def test_bytes() -> None:
    """The bytes of a manifest, which are a promise."""
    assert MANIFEST.as_bytes().decode() == TEXT


def test_path() -> None:
    """A manifest is named by its own digest, outside ``python/``."""
    assert (
        MANIFEST.path
        == manifest_path(TEXT.encode())
        == f"lambda-wheels/{hashlib.sha256(TEXT.encode()).hexdigest()[:32]}.json"
    )
    assert is_manifest_path(MANIFEST.path)


def test_default_options_are_not_said() -> None:
    """An option that is as by default is left out, so that new ones change no layer that does not use them."""
    assert json.loads(Manifest(wheels=(WHEEL,), targets=()).as_bytes())["options"] == {}


def test_read_back() -> None:
    """What was written is read back; lists come sorted."""
    read = parse_manifest(TEXT.encode())
    assert read.as_bytes() == TEXT.encode()
    assert (read.scripts, read.waived, read.wheels[1]) == (True, ("a-rule:a", "path-conflict:demo"), WHEEL)


def test_bytecode_is_an_option() -> None:
    """The version of the interpreter that compiled is said in full, and read back."""
    manifest = Manifest(wheels=(WHEEL,), targets=(Target("python3.13", "arm64"),), bytecode="3.13.0", scripts=True)
    assert json.loads(manifest.as_bytes())["options"] == {"bytecode": "3.13.0", "scripts": True}
    assert parse_manifest(manifest.as_bytes()) == manifest


def _changed(**changes: Any) -> bytes:
    value = {**json.loads(TEXT), **changes}
    return json.dumps(value, indent=2, sort_keys=True).encode() + b"\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "not a manifest", id="empty"),
        pytest.param(b"\xff", "not a manifest", id="not UTF-8"),
        pytest.param(b"[]", "not a manifest", id="a list"),
        pytest.param(b"[" * 100_000, "not a manifest", id="nested too deeply"),
        pytest.param(_changed(format=2), "format 2", id="a later format"),
        pytest.param(_changed(format=True), "not a manifest", id="a format that is no number"),
        pytest.param(_changed(extra=1), "as lambda-wheels writes it", id="an unknown key"),
        pytest.param(_changed(options={"scripts": False}), "as lambda-wheels writes it", id="a default said"),
        pytest.param(_changed(options=[]), "not a manifest", id="options of another type"),
        pytest.param(_changed(options={"bytecode": True}), "not a manifest", id="bytecode by nobody"),
        pytest.param(_changed(options={"bytecode": "3.13"}), "not a manifest", id="bytecode by half a version"),
        pytest.param(_changed(options={"bytecode": None}), "not a manifest", id="bytecode, none"),
        pytest.param(_changed(waived=[1]), "not a manifest", id="a waiver that is no text"),
        pytest.param(_changed(targets=[{"runtime": "python2.7", "architecture": "arm64"}]), "not", id="no runtime"),
        pytest.param(_changed(wheels=[{"name": "x"}]), "not a manifest", id="a wheel without its facts"),
        pytest.param(
            _changed(wheels=[{"name": "x", "version": "1", "filename": "x", "sha256": "xyz"}]),
            "not a manifest",
            id="no digest",
        ),
        pytest.param(TEXT.encode().replace(b"  ", b" "), "as lambda-wheels writes it", id="other white space"),
        pytest.param(TEXT.encode() + b"\n", "as lambda-wheels writes it", id="a line more"),
    ],
)
def test_not_a_manifest(content: bytes, message: str) -> None:
    """Anything that we did not write is refused."""
    with pytest.raises(ValueError, match=message):
        parse_manifest(content)


def test_in_a_layer(tmp_path: Path) -> None:
    """A layer has its manifest, which says the target, the wheels and nothing of this machine."""
    contents = contents_of(hand_made(tmp_path))
    (entry,) = [entry for entry in contents.entries if entry.path == contents.manifest.path]
    assert isinstance(entry.source, bytes)
    manifest = parse_manifest(entry.source)
    assert manifest.targets == (Target("python3.13", "arm64"),)
    assert [wheel.filename for wheel in manifest.wheels] == ["demo-1.0-py3-none-any.whl"]
    assert str(tmp_path).encode() not in entry.source


def test_content_digest_is_a_promise() -> None:
    """The digest of the contents of a small tree stays from release to release."""
    entries = [generated("python/b.py", b"b"), generated("bin/ü", b"", executable=True)]
    assert content_digest(entries) == content_digest(entries[::-1])
    assert content_digest(entries) == "32fc1f0c64c62c066c4934e6988996dc7b0133b94a97fe32c272469bef0deb5b"


def test_content_digest_is_that_of_the_files(tmp_path: Path) -> None:
    """Compression changes the wheels and so the manifest, but not the digest of the contents; a mode does."""
    one = contents_of(hand_made(tmp_path / "1"))
    other = contents_of(hand_made(tmp_path / "2", deflated=True))
    mode = contents_of(hand_made(tmp_path / "3", executable=["demo/__init__.py"]))
    assert one.manifest.path != other.manifest.path
    assert one.content_sha256 == other.content_sha256 == content_digest(by_path(one).values())
    assert mode.content_sha256 != one.content_sha256
