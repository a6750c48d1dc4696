"""Whatever unpacks a layer makes the same tree of it. (Starts extractors.)"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import lambda_wheels
from tests.conftest import Figure, Tried
from tests.hostile.extractors import EXTRACTORS, TESTERS, extract, is_there, run
from tests.loopback import TARGET, snapshot, umask
from tests.wheel_factory import make_wheel
from tests.whole.zips import unzipped

pytestmark = [pytest.mark.hostile("Sameness"), pytest.mark.process, pytest.mark.once, pytest.mark.usefixtures("served")]


def _wheels(folder: Path, at_length: bool) -> list[Path]:
    """Stored and deflated members, empty ones, long, deep and non-ASCII names, programs, data, scripts, and many."""
    many = {f"many/d{number % 37}/m{number}.py": f"N = {number}\n" for number in range(3_000 if at_length else 200)}
    given: dict[str, dict[str, Any]] = {
        "plain": {"files": {"plain/__init__.py": "", "plain/big.txt": "0123456789\n" * 200_000}},
        "stored": {"files": {"kept/a.bin": bytes(range(256)) * 999}, "stored": ["kept/a.bin"]},
        "names": {
            "files": {
                "names/é ü ß 漢字 😀.txt": "é\n",
                f"names/{'long' * 50}.txt": "long\n",
                "/".join(["names", *"abcdefghijklmnopqrstuvwxyz", "deep.txt"]): "deep\n",
                "names/-rf": "-\n",
                "names/sp ace and 'quotes' $HOME *.txt": "\n",
            }
        },
        "tools": {
            "files": {"tools/run": "#!/bin/sh\n", "tools/PK.bin": b"PK\x03\x04PK\x01\x02PK\x05\x06" * 9},
            "modes": {"tools/run": 0o100755},
            "stored": ["tools/PK.bin"],  # what a reader would find that looks for signatures
            "data": {"scripts/tool": "#!python\n", "data/etc/tool.conf": "on\n"},
            "entry_points": "[console_scripts]\ntool = tools:main\n",
        },
        "many": {"files": many},
    }
    return [make_wheel(folder, name, **details) for name, details in given.items()]


@pytest.mark.parametrize(
    "scripts", [pytest.param(False, id="plain", marks=pytest.mark.long), pytest.param(True, id="with-scripts")]
)
def test_one_tree(
    scripts: bool, served: Path, out: Path, tmp_path: Path, at_length: bool, tried: Tried, note: Figure
) -> None:
    """Every extractor of this machine makes one tree of a layer, that of the folder output, and warns of nothing."""
    wheels = _wheels(served, at_length)
    options: dict[str, Any] = {**TARGET, "scripts": scripts, "no_index": True}
    _build(wheels, out / "layer.zip", options)
    _build(wheels, out / "layer", options)
    expected = snapshot(out / "layer")
    assert unzipped(out / "layer.zip") == expected
    assert not [path for path in (out / "layer").rglob("*") if path.is_symlink()]
    seen = []
    for number, (name, extractor) in enumerate(EXTRACTORS.items()):
        if not is_there(extractor.command):
            continue
        with umask(0o022):
            extract(extractor, out / "layer.zip", tmp_path / f"by-{number}")
        found = snapshot(tmp_path / f"by-{number}")
        if extractor.modes:
            assert found == expected, name
        assert {path: content for path, (_, content) in found.items()} == {
            path: content for path, (_, content) in expected.items()
        }, name
        folders = {path.stat().st_mode & 0o7777 for path in (tmp_path / f"by-{number}").rglob("*") if path.is_dir()}
        assert folders == {0o755}, name
        shutil.rmtree(tmp_path / f"by-{number}")
        seen.append(name)
        tried(1)
    if scripts:
        note(f"a layer was unpacked by {', '.join(seen)}; of these, those that read stdin see the local headers alone")


@pytest.mark.long
def test_testers(served: Path, out: Path, tried: Tried, note: Figure) -> None:
    """Every program of this machine that tests or lists a zip finds a layer in order, and says nothing of a warning."""
    _build(_wheels(served, at_length=True), out / "layer.zip", {**TARGET, "no_index": True})
    before = (out / "layer.zip").read_bytes()
    seen = []
    for name, command in TESTERS.items():
        if not is_there(command) or (command[0] == "jar" and "--validate" in command and not _validates(out)):
            continue
        run(command, out / "layer.zip", out)
        seen.append(name)
        tried(1)
    assert (out / "layer.zip").read_bytes() == before
    note(f"a layer was tested by {', '.join(seen)}")


def _validates(out: Path) -> bool:
    """Whether ``jar`` here is new enough to compare both headers of each member."""
    answer = subprocess.run(["jar", "--help"], capture_output=True, text=True, check=False, cwd=out)
    return "--validate" in answer.stdout


def _build(wheels: list[Path], output: Path, options: dict[str, Any]) -> lambda_wheels.Layer:
    layer = lambda_wheels.build_layer(wheels, output=output, **options)
    assert {warning.rule for warning in layer.warnings} <= {"script-skipped"}, layer.warnings
    return layer


if sys.platform == "win32":
    pytest.skip("Windows restores no modes", allow_module_level=True)
