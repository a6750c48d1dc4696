"""What an output is, is called, or becomes meanwhile; and what the store and other folders are called."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import lambda_wheels
from lambda_wheels import LambdaWheelsError, Stage
from lambda_wheels.progress import ProgressEvent
from tests.conftest import Tried
from tests.hostile.from_a_lock import Built, built, within
from tests.hostile.odd_files import make_pipe, make_socket
from tests.loopback import TARGET, left_behind, snapshot
from tests.wheel_factory import make_wheel

__all__ = ["built"]

pytestmark = [
    pytest.mark.hostile("Pulled plugs"),
    pytest.mark.pip,
    pytest.mark.once,
    pytest.mark.skipif(sys.platform == "win32", reason="no such files"),
]


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _gone(path: Path) -> Path:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    return path


KINDS: dict[str, Callable[[Path], object]] = {
    "a pipe": make_pipe,
    "a socket": make_socket,
    "a dangling link": lambda path: path.symlink_to("nowhere"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a link to a device": lambda path: path.symlink_to(os.devnull),
    "a link to an endless device": lambda path: path.symlink_to("/dev/zero"),
    "a folder of somebody's": lambda path: _folder(path).joinpath("mine").write_text("mine"),
    "a folder with a pipe": lambda path: make_pipe(_folder(path) / "mine"),
    "below a file": lambda path: None,
}


@pytest.mark.parametrize("name", ["layer.zip", "layer"])
def test_what_is_there(name: str, built: Built, tried: Tried) -> None:
    """The output is a pipe, a socket, a device, a dangling link, a link to itself or a folder of somebody's: one line, nothing waited for, all as it was."""  # noqa: E501
    for kind, make in KINDS.items():
        folder = built.out / kind
        folder.mkdir()
        output = folder / name
        make(output)
        if kind == "below a file":
            (folder / "file").write_text("mine")
            output = folder / "file" / name
        before = _names(folder)
        with pytest.raises(LambdaWheelsError) as caught:
            built.build(output=output)
        assert len(str(caught.value).splitlines()) == 1, kind
        assert caught.value.problems[0].rule in ("output-refused", "output-not-ours"), kind
        assert _names(folder) == before, kind
        tried(1)


def _names(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path.relative_to(folder)): (path.lstat().st_mode, path.lstat().st_ino) for path in folder.rglob("*")}


MEANWHILE: dict[str, Callable[[Path], object]] = {
    "its folder goes": lambda path: _gone(path.parent),
    "its folder becomes a file": lambda path: _gone(path.parent).write_text("mine"),
    "its folder becomes another": lambda path: _folder(path.parent.rename(path.parent.with_name("x")).with_name("in")),
    "it becomes a folder": lambda path: _folder(path).joinpath("mine").write_text("mine"),
    "it becomes a dangling link": lambda path: path.symlink_to("nowhere"),
    "it becomes a file": lambda path: path.write_text("mine"),
    "what is unfinished is taken away": lambda path: [*map(_gone, path.parent.glob(".lambda-wheels-*"))],
}


class Trick:
    """A progress callback that does something once, when a layer begins to be written."""

    def __init__(self, happens: Callable[[], object]) -> None:
        self._happens = happens
        self.done = False

    def __call__(self, event: ProgressEvent) -> None:
        if event.stage is Stage.WRITE and not self.done:
            self.done = True
            self._happens()


@pytest.mark.parametrize("name", ["layer.zip", "layer"])
def test_what_becomes_of_it_meanwhile(name: str, built: Built, tried: Tried) -> None:
    """While a layer is written its folder vanishes or becomes a file, or something else takes the output's name: the layer is whole, or one line says why there is none; nothing temporary is left."""  # noqa: E501
    for what, happens in MEANWHILE.items():
        output = built.out / what / "in" / name
        output.parent.mkdir(parents=True)
        trick = Trick(functools.partial(happens, output))
        try:
            layer = built.build(output=output, progress=trick)
        except LambdaWheelsError as error:
            assert len(str(error).splitlines()) == 1, what  # noqa: PT017
        else:
            assert layer.content_sha256 == built.layer.content_sha256, what
            assert output.exists(), what
        assert trick.done, what
        assert left_behind(output.parent) == [], what
        tried(1)


NAMES = {
    "spaces": " a  b ",
    "a line break": "a\nb",
    "accents": "Größe-日本語-é",
    "no UTF-8": os.fsdecode(b"a\xff\xfeb"),
    "signs": "%s{0}{sha256}$HOME;'\"*?[a]#&|<>~",
    "a hyphen": "-rf",
    "255 bytes": "x" * 251,
    "control characters": "\x1b[31m\x07\x7f",
    "a right-to-left mark": "a\u202eb",
}


@pytest.mark.parametrize(
    "place",
    [
        *("output", "folder", "store", "temporary files", "lock", "working directory"),
        pytest.param("wheels", marks=pytest.mark.long),  # each needs pip
    ],
)
def test_names(
    place: str, built: Built, served: Path, monkeypatch: pytest.MonkeyPatch, at_length: bool, tried: Tried
) -> None:
    """Output, store, temporary folder, lock, wheels or working directory have names with spaces, line breaks, accents, bytes that are no UTF-8, signs, escape sequences, 255 bytes: the same layer."""  # noqa: E501
    names = list(NAMES.items()) if at_length else list(NAMES.items())[:4]
    for kind, name in names:
        folder = built.out / place / name
        folder.mkdir(parents=True)
        options: dict[str, Any] = {"output": folder / "layer.zip"}
        with monkeypatch.context() as patch:
            if place == "output":
                options["output"] = folder / f"{name}.zip"
            elif place == "folder":
                options["output"] = folder / name
            elif place == "store":
                patch.setenv("LAMBDA_WHEELS_CACHE", str(folder))
            elif place == "temporary files":
                patch.setenv("LAMBDA_WHEELS_CACHE", os.devnull)
                patch.setattr(tempfile, "tempdir", str(folder))
            elif place == "lock":
                options["requirements"] = shutil.copy(built.lock, folder / "pylock.toml")
                shutil.copytree(served, folder.parent / os.path.relpath(served, built.out), dirs_exist_ok=True)
            elif place == "wheels":
                for wheel in served.glob("*.whl"):
                    shutil.copy(wheel, folder)
                options["requirements"] = [*folder.glob("*.whl")]
            else:
                patch.chdir(folder)
                options["output"] = Path("layer.zip")
            if place == "wheels" and kind == "no UTF-8":  # pip cannot say such a path
                with pytest.raises(LambdaWheelsError) as caught:
                    built.build(**options)
                assert len(str(caught.value).splitlines()) == len(caught.value.problems)
                continue
            layer = built.build(**options)
            assert layer.content_sha256 == built.layer.content_sha256 or place == "wheels", kind
            assert layer.path.exists(), kind
        tried(1)


@pytest.mark.parametrize("name", ["layer.zip", "layer"])
def test_a_path_of_4096_bytes(name: str, built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path of the output has up to 4,095 bytes, or more than there can be: a layer, or one line that says so."""
    deep = built.out
    while len(str(deep)) < 3_800:
        deep /= "x" * 200
    deep.mkdir(parents=True)
    for length in (3_900, 4_060, 4_095, 4_096, 5_000):
        output = deep / f"{'y' * max(1, min(240, length - len(str(deep)) - 1 - len(name)))}" / name
        try:
            with contextlib.suppress(OSError):
                output.parent.mkdir(exist_ok=True)
            assert built.build(output=output).content_sha256 == built.layer.content_sha256
        except LambdaWheelsError as error:
            assert "too long" in str(error)  # noqa: PT017
            assert not os.path.lexists(deep / name)
    assert left_behind(deep) == []


@pytest.mark.parametrize("name", [pytest.param("layer.zip", marks=pytest.mark.long), "layer"])
def test_two_builders(name: str, built: Built, served: Path, at_length: bool, tried: Tried) -> None:
    """Two builders write different layers to one output at the same time, again and again: one of the two is there, whole."""  # noqa: E501
    large = make_wheel(served, "large", files={f"large/{number}.py": f"X = {number}\n" * 50 for number in range(150)})
    layers = {}
    for number, given in enumerate((built.lock, large)):
        output = built.out / f"alone-{number}" / name
        output.parent.mkdir()
        built.build(requirements=given, output=output)
        layers[given] = _content(output)
    output = built.out / name
    failed: list[LambdaWheelsError] = []

    def work(given: Path) -> None:
        try:
            lambda_wheels.build_layer(given, **TARGET, no_index=True, output=output)
        except LambdaWheelsError as error:
            failed.append(error)

    for _ in range(10 if at_length else 1):
        threads = [threading.Thread(target=work, args=(given,)) for given in layers]
        with within(120):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert failed == []
        assert _content(output) in layers.values()
        assert left_behind(built.out) == []
        tried(1)


def _content(output: Path) -> object:
    return snapshot(output) if output.is_dir() else output.read_bytes()
