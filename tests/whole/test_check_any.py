"""Layers and wheels that are looked at, whoever made them: without the mark for it, nothing starts a process."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import lambda_wheels
from lambda_wheels import LambdaWheelsError, Problem, Severity, Target
from lambda_wheels.errors import ImportsNotTriedError, WheelError
from lambda_wheels.layers.manifest import Manifest
from lambda_wheels.layers.reading import read_layer
from lambda_wheels.wheels import read_wheel
from lambda_wheels.wheels.names import check_names
from lambda_wheels.wheels.pyc import HEADER
from tests.audit.held_layers import installed, said
from tests.forged_zip import Entry, forge
from tests.loopback import TARGET, Build, left_behind, snapshot
from tests.wheel_defects import DEFECTS
from tests.wheel_factory import make_wheel

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and pipes are not so there")


def laid_out(folder: Path, files: dict[str, bytes]) -> Path:
    """A folder of ``files``."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def zipped(folder: Path) -> Path:
    """The same as a zip, as Python makes it."""
    path = folder.with_name(f"{folder.name}.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    return path


def check(path: Path, **options: Any) -> list[tuple[str, str]]:
    """The rules that are broken, each with how bad it is."""
    return [(problem.rule, str(problem.severity)) for problem in lambda_wheels.check(path, **{**TARGET, **options})]


def stopped(path: Path, **options: Any) -> tuple[int, str]:
    """The exit code and the words of an error."""
    with pytest.raises(LambdaWheelsError) as caught:
        lambda_wheels.check(path, **{**TARGET, **options})
    return caught.value.exit_code, str(caught.value)


@pytest.mark.parametrize(
    "surplus",
    [{"wheels": "x.whl"}, {"lib": Path("x.so")}, {"lib": iter(["x.so"])}, {"bytecode_python": "x"}],
    ids=["wheel", "library", "libraries", "compiler"],
)
def test_without_a_lock(surplus: dict[str, Any], tmp_path: Path) -> None:
    """What a layer is made of again is refused where there is nothing to compare it with."""
    code, said = stopped(tmp_path, **surplus)
    assert (code, "has a place beside a lock only" in said) == (2, True)


@pytest.mark.pip
def test_our_own(build: Build, served: Path, out: Path) -> None:
    """Nothing is found in what we built, as a zip and as a folder, with scripts; it says itself for what it is."""
    data = {"scripts/tool": "#!python\n", "data/share/x": "", "headers/x.h": ""}
    make_wheel(served, "demo", requires=["helper"], data=data, entry_points="[console_scripts]\ndemo = demo:f\n")
    make_wheel(served, "helper", "2.0", tag="py2.py3-none-any")
    for output in (out / "layer.zip", out / "layer"):
        build("demo", output=output, scripts=True)
        before = snapshot(out)
        assert lambda_wheels.check(output) == ()
        assert lambda_wheels.check(str(output), strict=True, **TARGET) == ()
        assert snapshot(out) == before
    assert left_behind(out) == []


@pytest.mark.pip
def test_our_own_for_two_runtimes(build: Build, served: Path, out: Path) -> None:
    """A layer for two runtimes is looked at for both; for a third it lacks what lies in the folders of these."""
    for minor in (12, 13):
        make_wheel(served, "native", tag=f"cp3{minor}-cp3{minor}-manylinux_2_17_aarch64")
    make_wheel(served, "demo", requires=["native"])
    build("demo", runtime=["python3.12", "python3.13"], output=out / "layer.zip")
    assert lambda_wheels.check(out / "layer.zip") == ()
    assert check(out / "layer.zip") == []
    assert check(out / "layer.zip", runtime="python3.14") == [
        ("missing-requirement", "error"),
        ("not-on-path", "warning"),
    ]


@pytest.mark.pip
@pytest.mark.parametrize(
    ("rule", "files"),
    [
        ("bytecode-other-python", {"demo.pyc": HEADER.pack(3531, b"\r\n", 0, bytes(8))}),
        (
            "bytecode-stale",
            {"demo.py": "", "__pycache__/demo.cpython-313.pyc": HEADER.pack(3571, b"\r\n", 1, bytes(8))},
        ),
    ],
)
def test_bytecode_of_a_wheel(rule: str, files: dict[str, bytes | str], build: Build, served: Path, out: Path) -> None:
    """A build refuses what a check of its layer would, by the same name; what was allowed is then allowed in both."""
    make_wheel(served, "demo", files=files)
    with pytest.raises(WheelError) as caught:
        build("demo", output=out / "layer.zip")
    assert [problem.rule for problem in caught.value.problems] == [rule]
    build("demo", output=out / "layer.zip", allow=[f"{rule}:demo"])
    assert check(out / "layer.zip") == [(rule, "warning")]
    assert left_behind(out) == []


@posix
def test_linked_folders(tmp_path: Path) -> None:
    """A package that is a link is found as Python finds it; what it leads to is there once, and nowhere else."""
    files = installed("demo", folder="store/", files={"store/demo/__init__.py": b"", "store/demo/x.py": b""})
    layer = laid_out(tmp_path / "layer", files)
    (layer / "python").mkdir()
    for name in ("demo", "demo-1.0.dist-info"):
        (layer / "python" / name).symlink_to(f"../store/{name}")
    assert check(layer) == []
    (layer / "python" / "demo-1.0.dist-info").unlink()
    (layer / "python" / "demo").unlink()
    assert check(layer) == [("not-on-path", "error")]
    (layer / "store" / "again").symlink_to("demo")
    assert check(layer) == [("not-on-path", "error")]


@posix
def test_linked_environment(tmp_path: Path) -> None:
    """A virtual environment is told of once, though its ``lib64`` is its ``lib``."""
    there = "env/lib/python3.13/site-packages/"
    files = installed("demo", folder=there, files={f"{there}demo.py": b""})
    layer = laid_out(tmp_path / "layer", {**files, "env/pyvenv.cfg": b"", "python/other.py": b""})
    before = lambda_wheels.check(layer, **TARGET)
    assert [problem.rule for problem in before] == ["not-on-path", "virtual-environment"]
    (layer / "env" / "lib64").symlink_to("lib")
    assert lambda_wheels.check(layer, **TARGET) == before


@posix
def test_links_in_a_circle(tmp_path: Path) -> None:
    """Links that lead over each other to nothing are one warning, in a folder and in a zip."""
    layer = laid_out(tmp_path / "layer", {"python/demo.py": b""})
    for link, to in {"a": "b", "b": "a", "x": "x"}.items():
        (layer / "python" / link).symlink_to(to)
    [problem] = lambda_wheels.check(layer, **TARGET)
    assert (problem.rule, problem.severity, problem.member) == ("link-leads-out", Severity.WARNING, "python/a")
    assert problem.message.endswith(" (and 2 other files)")
    mode = stat.S_IFLNK | 0o777
    entries = [Entry(name=f"python/{name}".encode(), content=to, mode=mode) for name, to in (("a", b"b"), ("b", b"a"))]
    (tmp_path / "layer.zip").write_bytes(forge([Entry(name=b"python/demo.py"), *entries]))
    assert check(tmp_path / "layer.zip") == [("link-leads-out", "warning")]


LAYERS: dict[str, tuple[dict[str, bytes], list[tuple[str, str]]]] = {
    "fine": (installed("demo", files={"python/demo.py": b""}), []),
    "no python": ({"demo.py": b""}, [("not-on-path", "error")]),
    "archive": ({"demo-1.0-py3-none-any.whl": b""}, [("archive-inside", "error")]),
    "system files": ({"python/demo.py": b"", ".DS_Store": b""}, [("system-files", "warning")]),
    "twice": ({**installed("demo"), **installed("demo", "2.0")}, [("project-twice", "error")]),
    "editable": (
        {
            **installed("demo"),
            "python/demo-1.0.dist-info/direct_url.json": b'{"url": "file:///demo", "dir_info": {"editable": true}}',
        },
        [("editable-install", "error")],
    ),
    "missing": (installed("demo", requires=["other"]), [("missing-requirement", "error")]),
    "old": ({**installed("demo", requires=["o>1"]), **installed("o")}, [("wrong-version", "error")]),
    "boto3": (installed("boto3"), [("boto3-mixed", "warning")]),
    "tags": (installed("demo", tag="cp313-cp313-win_amd64"), [("wrong-tag", "error")]),
    "Python": (installed("demo", requires_python="<3"), [("requires-python", "error")]),
    "changed": (
        {**installed("demo", files={"python/demo.py": b""}), "python/demo.py": b"x"},
        [("record-hash", "error")],
    ),
    "no metadata": ({"python/demo-1.0.dist-info/RECORD": b""}, [("metadata-missing", "error")]),
    "shadows": ({"python/typing.py": b""}, [("shadows-stdlib", "warning")]),
    "no library": ({"python/demo.so": b"text"}, [("native-damaged", "error")]),
    "bytecode": ({"python/demo.pyc": b"\xcb\r\r\n" + bytes(12)}, [("bytecode-other-python", "error")]),
}
"""Layers with one thing wrong, by what that is."""


@pytest.mark.parametrize("name", LAYERS)
def test_layers_of_others(name: str, tmp_path: Path) -> None:
    """What is wrong is found in a folder and in its zip, and is exactly what is wrong."""
    files, found = LAYERS[name]
    folder = laid_out(tmp_path / "layer", files)
    assert check(folder) == found
    assert check(zipped(folder)) == found


@posix
def test_modes(tmp_path: Path) -> None:
    """A file that is for its owner alone is found in both forms, as is a program that may not be started."""
    folder = laid_out(tmp_path / "layer", {"python/a.py": b"", "bin/tool": b""})
    (folder / "python" / "a.py").chmod(0o600)
    found = [("mode-unreadable", "error"), ("mode-not-executable", "warning")]
    assert check(folder) == check(zipped(folder)) == found


def test_too_large(tmp_path: Path) -> None:
    """A layer over the limit is told with what is large in it."""
    files = installed("demo", files={"python/demo/a.bin": b"x"})
    folder = laid_out(tmp_path / "layer", files)
    with (folder / "own.bin").open("wb") as file:
        file.truncate(262_144_001)
    [problem] = lambda_wheels.check(folder, **TARGET)
    assert problem.rule == "too-large"
    assert ": own.bin 262,144,001, demo " in problem.message


def test_targets(tmp_path: Path) -> None:
    """Each runtime on each architecture is looked at; what is the same on all is said once."""
    files = {**installed("demo", tag="cp313-cp313-linux_aarch64", requires=["other"]), "demo.py": b""}
    found = check(laid_out(tmp_path, files), runtime=["python3.13", "python3.12"], architecture=["arm64", "x86_64"])
    assert sorted(found) == [
        ("missing-requirement", "error"),
        ("not-on-path", "error"),
        *[("wrong-tag", "error")] * 3,
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"runtime": None, "architecture": None}, "no-target", id="neither"),
        pytest.param({"runtime": None}, "no runtime was named", id="no runtime"),
        pytest.param({"architecture": ()}, "no architecture was named", id="no architecture"),
        pytest.param({"runtime": "python2.7"}, "is not a Lambda runtime", id="no such runtime"),
        pytest.param({"allow": ["too-large:demo"]}, "cannot be waived", id="no waiver"),
        pytest.param({"wheels": "x.whl"}, "beside a lock only", id="wheels without a lock"),
        pytest.param({"lock": ""}, "the lock has no name", id="lock empty"),
    ],
)
def test_wrong_usage(options: dict[str, Any], words: str, tmp_path: Path) -> None:
    """A call that makes no sense ends with 2, in one line."""
    code, message = stopped(laid_out(tmp_path, {"python/a.py": b""}), **options)
    assert code == 2
    assert words in message
    assert "\n" not in message


def test_wheel_without_a_target(tmp_path: Path) -> None:
    """A wheel runs on many targets, so that one has to be named."""
    assert stopped(make_wheel(tmp_path), runtime=None, architecture=None)[0] == 2


def test_allowed(tmp_path: Path) -> None:
    """What the caller allows, or a layer of ours says that it was allowed, is a warning; ``strict`` makes errors."""
    files = installed("demo", requires=["other", "one"])
    folder = laid_out(tmp_path, files)
    assert check(folder) == [("missing-requirement", "error")] * 2
    assert check(folder, allow=["missing-requirement:demo"]) == [("missing-requirement", "warning")] * 2
    waived = ("missing-requirement:demo", "nothing:demo", "too-large:demo")
    manifest = Manifest(wheels=(), targets=(Target(**TARGET),), waived=waived)
    laid_out(tmp_path, {manifest.path: manifest.as_bytes(), "python/typing.py": b""})
    found = lambda_wheels.check(folder, strict=True)
    assert [(problem.rule, problem.severity) for problem in found] == [
        ("shadows-stdlib", Severity.ERROR),
        *[("missing-requirement", Severity.WARNING)] * 2,
    ]


def test_two_manifests(tmp_path: Path) -> None:
    """Of two layers in one folder neither says for what the whole is."""
    for runtime in ("python3.12", "python3.13"):
        manifest = Manifest(wheels=(), targets=(Target(runtime, "arm64"),))
        laid_out(tmp_path, {manifest.path: manifest.as_bytes()})
    assert stopped(tmp_path, runtime=None, architecture=None)[0] == 2


@pytest.mark.parametrize("defect", sorted(DEFECTS))
def test_wheels(defect: str, tmp_path: Path) -> None:
    """What is wrong with a wheel is what a build would say of it; nothing of it is an exception."""
    wheel = make_wheel(tmp_path, defect=defect)
    try:
        expected = read_wheel(wheel).problems
    except WheelError as error:
        expected = error.problems
    assert sorted(said(lambda_wheels.check(wheel, **TARGET))) == sorted(said(expected))


def test_wheels_on_a_target(tmp_path: Path) -> None:
    """A sound wheel is held against the target, alone."""
    assert check(make_wheel(tmp_path, requires=["other"])) == []
    assert check(make_wheel(tmp_path, tag="cp312-cp312-linux_x86_64", requires_python="<3.13")) == [
        ("wrong-tag", "error"),
        ("requires-python", "error"),
    ]
    files = {"demo/x.so": b"text"}
    assert check(make_wheel(tmp_path, files=files, tag="cp313-cp313-linux_aarch64")) == [("native-damaged", "error")]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        pytest.param(b"", "archive-end", id="empty"),
        pytest.param(b"hello" * 99, "archive-end", id="text"),
        pytest.param(b"PK\x03\x04" + bytes(99), "archive-end", id="cut off"),
        pytest.param(b"<html>", "archive-end", id="HTML"),
    ],
)
def test_no_zip(content: bytes, rule: str, tmp_path: Path) -> None:
    """What is no zip is a finding, whatever it is called, and no target is asked for."""
    for name in ("layer.zip", "layer"):
        (tmp_path / name).write_bytes(content)
        assert check(tmp_path / name) == check(tmp_path / name, runtime=None, architecture=None) == [(rule, "error")]


@posix
def test_what_is_no_file(tmp_path: Path) -> None:
    """Neither a pipe nor a device is read; a folder of nothing is no layer."""
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "layer.zip")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "layer.zip", Path("/dev/zero"), tmp_path / "folder"):
        assert check(path) == [("not-a-layer", "error")]


@posix
def test_inspect_of_what_is_no_file() -> None:
    """A device is not read by an inspection either, which says the same of it."""
    with pytest.raises(LambdaWheelsError, match="not-a-layer"):
        lambda_wheels.inspect_layer(Path("/dev/zero"))


@posix
@pytest.mark.skipif(sys.platform != "win32" and os.geteuid() == 0, reason="root may read anything")
def test_what_may_not_be_read(tmp_path: Path) -> None:
    """A file that the system refuses is a failure of the surroundings."""
    folder = laid_out(tmp_path, {"python/a.py": b""})
    (folder / "python" / "a.py").chmod(0)
    code, message = stopped(folder)
    assert (code, "a.py cannot be read" in message) == (3, True)


def test_what_vanishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that goes while the layer is read, and a layer that is replaced, leave nothing to be told: 3."""
    folder = laid_out(tmp_path / "layer", {"python/a.py": b"", "python/b.py": b""})
    path = zipped(folder)

    def replaced(layer: Path, on_read: Callable[[int], None]) -> Any:
        found = read_layer(layer, on_read)
        path.write_bytes(b"another")
        return found._replace(problems=(Problem(rule="system-files", message="x"),))

    with monkeypatch.context() as patch:
        patch.setattr("lambda_wheels.looking.read_layer", replaced)
        code, message = stopped(path)
    assert (code, "changed while it was read" in message) == (3, True)

    def gone(*args: Any) -> None:
        (folder / "python" / "b.py").unlink()
        check_names(*args)

    monkeypatch.setattr("lambda_wheels.layers.reading.check_names", gone)
    code, message = stopped(folder)
    assert (code, "b.py cannot be read" in message) == (3, True)


def test_progress_that_raises(tmp_path: Path) -> None:
    """What the caller's own callback raises is the caller's, and not taken for a disk that fails."""
    folder = laid_out(tmp_path, {"python/a.py": b"x"})

    def fail(event: object) -> None:
        raise OSError("mine")

    with pytest.raises(OSError, match="mine"):
        lambda_wheels.check(folder, progress=fail, **TARGET)


def test_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each target's imports are tried in what was unpacked, and are findings like the rest."""
    tried: list[tuple[Target, bool, dict[str, Any]]] = []

    def import_layer(tree: Path, target: Target, **options: Any) -> tuple[Problem, ...]:
        tried.append((target, (tree / "python" / "demo.py").is_file(), options))
        return (Problem(rule="import-failed", project="demo", message="no"),)

    monkeypatch.setattr("lambda_wheels.imports.import_layer", import_layer, raising=False)
    folder = laid_out(tmp_path / "layer", installed("demo", files={"python/demo.py": b""}))
    for path in (folder, zipped(folder), make_wheel(tmp_path, files={"demo.py": b""})):
        assert check(path, imports=True) == [("import-failed", "error")]
        assert check(path, root="root", allow=["import-failed:demo"]) == [("import-failed", "warning")]
    assert {one[:2] for one in tried} == {(Target(**TARGET), True)}
    assert [one[2]["root"] for one in tried[:2]] == [None, Path("root")]


def test_imports_of_what_is_unsafe(tmp_path: Path) -> None:
    """What would climb out of its folder is not unpacked."""
    with zipfile.ZipFile(tmp_path / "layer.zip", "w") as archive:
        archive.writestr("../x.py", "")
    assert check(tmp_path / "layer.zip", imports=True) == [("member-name-climbs", "error")]
    assert not (tmp_path.parent / "x.py").exists()


def test_imports_that_cannot_be_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where they cannot be tried, what was found without them is told as well: 3."""

    def import_layer(*_: Any, **__: Any) -> tuple[Problem, ...]:
        raise ImportsNotTriedError(Problem(rule="imports-not-tried", message="no"))

    monkeypatch.setattr("lambda_wheels.imports.import_layer", import_layer, raising=False)
    code, message = stopped(laid_out(tmp_path, installed("demo", requires=["other"])), imports=True)
    assert code == 3
    assert [line.partition("]")[0] for line in message.splitlines()] == [
        "error[missing-requirement",
        "error[imports-not-tried",
    ]


@pytest.mark.network
@pytest.mark.parametrize("compiled", [True, False])
def test_layers_of_pip(compiled: bool, tmp_path: Path) -> None:
    """What pip installs for a runtime is found to work there, but for bytecode that it makes with this Python."""
    target = Target("python3.13", "x86_64")
    command = [sys.executable, "-m", "pip", "install", "-qq", "--target", str(tmp_path / "layer" / "python")]
    command += ["--python-version", target.python, "--only-binary=:all:", "--implementation=cp", "--abi=cp313"]
    command += [f"--platform={platform}" for platform in target.platforms]
    command += [] if compiled else ["--no-compile"]
    subprocess.run([*command, "numpy", "greenlet", "jmespath", "requests"], check=True, timeout=300)
    here = sys.version_info[:2] == target.python_version
    found = [("bytecode-by-date" if here else "bytecode-other-python", "warning")] if compiled else []
    for path in (tmp_path / "layer", zipped(tmp_path / "layer")):
        assert check(path, runtime=target.runtime, architecture=target.architecture) == found
