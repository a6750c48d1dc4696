"""The build from requirements to a layer, on wheels of the test's own. (Starts pip; opens sockets on loopback.)"""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest

import lambda_wheels
from lambda_wheels import WheelError
from tests.index_server import IndexServer
from tests.loopback import IMPATIENT, TARGET, Build, left_behind, snapshot, stored_wheels
from tests.wheel_factory import make_wheel
from tests.whole.zips import manifest, unzipped

pytestmark = pytest.mark.pip


def sha256(content: bytes) -> str:
    """Hexadecimal."""
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def wheels(served: Path) -> Mapping[str, Path]:
    """A project with a native module and a script, which needs a pure one."""
    return {
        "demo": make_wheel(
            served,
            "Demo.Project",
            "1.5",
            files={"demo/__init__.py": "import helper\n", "demo/run.sh": "#!/bin/sh\n"},
            tag="cp312-abi3-manylinux_2_28_aarch64",
            requires=["helper>=1; sys_platform == 'linux'", "nothing; sys_platform == 'win32'"],
            requires_python=">=3.12",
            entry_points="[console_scripts]\ndemo = demo:main\n",
            modes={"demo/run.sh": 0o100755},
        ),
        "helper": make_wheel(served, "helper", "2.0", tag="py2.py3-none-any"),
    }


def test_zip_and_folder_hold_the_same(build: Build, wheels: Mapping[str, Path], out: Path) -> None:
    """The zip and the folder have the same files with the same modes, and the same content digest."""
    zipped = build("demo-project", output=out / "layer.zip")
    folder = build("demo-project", output=out / "layer")
    files = snapshot(out / "layer")
    assert unzipped(out / "layer.zip") == files
    assert files["python/demo/run.sh"] == (0o755, b"#!/bin/sh\n")
    assert files["python/demo/__init__.py"] == (0o644, b"import helper\n")
    assert "python/helper/__init__.py" in files
    assert not [name for name in files if name.startswith("bin/")]
    assert zipped.content_sha256 == folder.content_sha256
    assert zipped.unzipped_size == folder.unzipped_size == sum(len(content) for _, content in files.values())
    assert zipped.wheels == folder.wheels
    assert (folder.sha256, folder.code_sha256, folder.zip_size) == (None, None, None)


def test_what_the_layer_says(build: Build, index: IndexServer, wheels: Mapping[str, Path], out: Path) -> None:
    """Every attribute of the layer is that of the file on disk, and of the wheels that the index has."""
    layer = build(["demo.Project>=1"], output=str(out / "layer.zip"))
    content = (out / "layer.zip").read_bytes()
    assert layer.path == out / "layer.zip"
    assert layer.zip_size == len(content)
    assert layer.sha256 == sha256(content)
    assert layer.code_sha256 == base64.b64encode(hashlib.sha256(content).digest()).decode()
    assert [(wheel.name, wheel.version, wheel.filename) for wheel in layer.wheels] == [
        ("demo-project", "1.5", wheels["demo"].name),
        ("helper", "2.0", wheels["helper"].name),
    ]
    for wheel, path in zip(layer.wheels, wheels.values(), strict=True):
        assert (wheel.size, wheel.sha256) == (path.stat().st_size, sha256(path.read_bytes()))
    assert layer.wheels[0].tags == ("cp312-abi3-manylinux_2_28_aarch64",)
    assert layer.wheels[1].tags == ("py2-none-any", "py3-none-any")
    assert layer.targets == (lambda_wheels.Target("python3.13", "arm64"),)
    newer = tuple(name for name in lambda_wheels.RUNTIMES if name not in {"python3.9", "python3.10", "python3.11"})
    assert layer.compatible_runtimes == newer
    assert layer.compatible_architectures == ("arm64",)
    assert layer.warnings == ()
    words = shlex.split(layer.pip_command)
    assert words[:4] == ["pip", "install", "--target", "python"]
    assert {"--no-deps", "--no-compile", "--only-binary=:all:", f"--index-url={index.url}"} <= set(words)
    assert words[-2:] == ["demo-project==1.5", "helper==2.0"]


def test_manifest(build: Build, wheels: Mapping[str, Path], out: Path) -> None:
    """The manifest in the layer names its inputs, and nothing of this machine."""
    layer = build("demo-project", output=out / "layer.zip")
    assert manifest(layer) == {
        "format": 1,
        "options": {},
        "targets": [{"architecture": "arm64", "runtime": "python3.13"}],
        "waived": [],
        "wheels": [
            {"name": wheel.name, "version": wheel.version, "filename": wheel.filename, "sha256": wheel.sha256}
            for wheel in layer.wheels
        ],
    }
    everything = (out / "layer.zip").read_bytes()
    assert str(out).encode() not in everything
    assert b"127.0.0.1" not in everything


def test_the_second_build_downloads_nothing(
    build: Build, index: IndexServer, wheels: Mapping[str, Path], out: Path, store: Path
) -> None:
    """With the wheels in the store a build reads only pages and metadata, and gives the same bytes."""
    build("demo-project", output=out / "first.zip")
    assert stored_wheels(store) == sorted(path.name for path in wheels.values())
    for path in wheels.values():
        assert index.count(f"/files/{path.name}") == 1
    build("demo-project", output=out / "second.zip")
    assert index.count("/files/*.whl") == 2
    assert (out / "first.zip").read_bytes() == (out / "second.zip").read_bytes()


def test_a_wheel_damaged_in_the_store_is_fetched_again(
    build: Build, index: IndexServer, wheels: Mapping[str, Path], out: Path, store: Path
) -> None:
    """A flipped byte in the store is noticed, that wheel alone is fetched once more, and the layer is right."""
    first = build("demo-project", output=out / "first.zip")
    [damaged] = store.rglob(wheels["helper"].name)
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.chmod(0o644)
    damaged.write_bytes(content)
    assert build("demo-project", output=out / "second.zip").sha256 == first.sha256
    assert index.count(f"/files/{wheels['helper'].name}") == 2
    assert index.count(f"/files/{wheels['demo'].name}") == 1
    assert damaged.read_bytes() == wheels["helper"].read_bytes()


def test_scripts(build: Build, wheels: Mapping[str, Path], out: Path) -> None:
    """``scripts=True`` puts entry points into ``bin/`` for the runtime's interpreter, says so, and binds the layer."""
    layer = build("demo-project", output=out / "layer.zip", scripts=True)
    mode, script = unzipped(layer.path)["bin/demo"]
    assert mode == 0o755
    assert script.splitlines()[0] == b"#!/var/lang/bin/python3.13"
    assert manifest(layer)["options"] == {"scripts": True}
    assert layer.compatible_runtimes == ("python3.13",)


def test_local_wheels_and_folders_of_them(bare_surroundings: None, tmp_path: Path, out: Path) -> None:
    """A wheel given as a path, or found in a folder of wheels, needs no index at all."""
    folder = tmp_path / "my wheels"
    folder.mkdir()
    ours = make_wheel(folder, "ours", requires=["theirs"])
    make_wheel(folder, "theirs")
    layer = lambda_wheels.build_layer(
        ours, **TARGET, output=out / "layer.zip", no_index=True, find_links=folder, **IMPATIENT
    )
    assert [wheel.name for wheel in layer.wheels] == ["ours", "theirs"]


def test_fetched_wheels(index: IndexServer, wheels: Mapping[str, Path], out: Path, store: Path) -> None:
    """``fetch_wheels`` puts the very files of the index into the folder, which then serves as ``find_links``."""
    fetched = lambda_wheels.fetch_wheels("demo-project", **TARGET, output=out / "wheels", index_url=index.url)
    assert [wheel.filename for wheel in fetched] == [wheels["demo"].name, wheels["helper"].name]
    assert {name: content for name, (_, content) in snapshot(out / "wheels").items()} == {
        path.name: path.read_bytes() for path in wheels.values()
    }
    layer = lambda_wheels.build_layer(
        "demo-project", **TARGET, output=out / "layer.zip", no_index=True, find_links=out / "wheels"
    )
    assert layer.wheels == fetched
    assert left_behind(out, store) == []


def test_unknown_extra(build: Build, served: Path, out: Path) -> None:
    """An extra that the project does not have is a warning, which pip gives too; with ``strict`` it stops the build."""
    make_wheel(served, "demo", extras=["fast"])
    layer = build(["demo[nope]", "demo[fast]"], output=out / "layer.zip")
    assert [(problem.rule, problem.project) for problem in layer.warnings] == [("unknown-extra", "demo")]
    with pytest.raises(WheelError):
        build("demo[nope]", output=out / "other.zip", strict=True)
