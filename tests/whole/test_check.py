"""Whether a layer is what its lock makes: without the mark for it, no test here starts a process or connects."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
import stat
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import lambda_wheels
from lambda_wheels import LambdaWheelsError, Problem
from lambda_wheels.comparing import _other_libraries
from lambda_wheels.layers import existing
from lambda_wheels.layers.libraries import Library
from lambda_wheels.layers.manifest import Manifest, ManifestLibrary, manifest_path
from lambda_wheels.wheels.directory import read_directory
from lambda_wheels.wheels.findings import Findings
from lambda_wheels.wheels.native import Format, Native
from lambda_wheels.wheels.proof import prove
from tests.forged_zip import Entry, forge
from tests.loopback import TARGET, Build, left_behind, snapshot, stored_wheels
from tests.resolution.locks import write_lock
from tests.wheel_factory import make_wheel
from tests.whole.test_builds_from_locks import flip, of

Check = Callable[..., tuple[Problem, ...]]

posix = pytest.mark.skipif(sys.platform == "win32", reason="links, pipes and modes are not so there")
SCRIPTS = "[console_scripts]\ndemo = demo:main\n"
INIT = "python/demo/__init__.py"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a lock is, and wheels beside it."""
    path = tmp_path / "project"
    path.mkdir()
    return path


@pytest.fixture
def wheels(folder: Path) -> list[Path]:
    """Two projects, one with a script and a file that may be executed."""
    files = {"demo/__init__.py": "def main(): ...\n", "demo/tool": "#!/bin/sh\n", "demo/ä ö.txt": "größer"}
    modes = {"demo/tool": stat.S_IFREG | 0o755}
    return [
        make_wheel(folder, "demo", files=files, modes=modes, entry_points=SCRIPTS, requires=["helper"]),
        make_wheel(folder, "helper", "2.0"),
    ]


@pytest.fixture
def pylock(folder: Path, wheels: list[Path]) -> Path:
    """The lock of the two."""
    return write_lock(folder / "pylock.toml", *map(of, wheels))


@pytest.fixture
def build(bare_surroundings: None, pylock: Path, out: Path) -> Build:
    """``build_layer`` from the lock."""
    return functools.partial(lambda_wheels.build_layer, pylock, **TARGET, output=out / "layer.zip")


@pytest.fixture
def check(bare_surroundings: None, pylock: Path) -> Check:
    """``check`` with the lock."""
    return functools.partial(lambda_wheels.check, lock=pylock)


def said(problems: tuple[Problem, ...]) -> list[tuple[str | None, str]]:
    """The place and the words of each difference."""
    assert {problem.rule for problem in problems} <= {"layer-differs"}
    assert all(str(problem).isprintable() for problem in problems)
    return [(problem.member or problem.project, problem.message) for problem in problems]


def stopped(call: Check, *args: Any, **options: Any) -> tuple[int, str, str]:
    """Exit code, rule and words of the one problem with which a call ends."""
    with pytest.raises(LambdaWheelsError) as caught:
        call(*args, **options)
    [problem] = caught.value.problems
    assert str(problem).isprintable()
    return caught.value.exit_code, problem.rule, f"{problem.message}; {problem.hint}"


def repacked(layer: Path, change: Callable[[str, bytes], tuple[str, bytes]] | None = None, more: str = "") -> Path:
    """The layer packed by another writer, in its own place, each file as ``change`` makes it, and with one ``more``."""
    new = layer.with_name("new.zip")
    with zipfile.ZipFile(layer) as old, zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as archive:
        for info in old.infolist():
            name, content = (change or (lambda *file: file))(info.filename, old.read(info))
            entry = zipfile.ZipInfo(name)
            entry.external_attr = info.external_attr
            archive.writestr(entry, content)
        if more:
            archive.writestr(more, b"")
    return new.replace(layer)


def forged(layer: Path, **changes: Any) -> Path:
    """The layer with another manifest, under the right name for what it says."""

    def change(name: str, content: bytes) -> tuple[str, bytes]:
        if not name.startswith("lambda-wheels/"):
            return name, content
        content = json.dumps(json.loads(content) | changes, indent=2, sort_keys=True).encode() + b"\n"
        return manifest_path(content), content

    return repacked(layer, change)


# --- What is the same -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["layer.zip", "layer", "a b'ä\"/layer.zip"])
@pytest.mark.parametrize("scripts", [True, False])
def test_the_same(build: Build, check: Check, out: Path, store: Path, name: str, scripts: bool) -> None:
    """A layer from the lock is what it makes, as a zip and as a folder; nothing is written to find that out."""
    (out / name).parent.mkdir(exist_ok=True)
    layer = build(output=out / name, scripts=scripts)
    before = snapshot(out), snapshot(store)
    assert check(layer.path) == ()
    assert (snapshot(out), snapshot(store)) == before
    assert left_behind(out, store) == []


def test_relative_paths(build: Build, check: Check, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Strings and paths, relative ones and links, are what they lead to."""
    build()
    monkeypatch.chdir(out)
    lock = os.path.relpath(out.parent / "project" / "pylock.toml")
    assert lambda_wheels.check("layer.zip", lock=lock) == ()
    assert lambda_wheels.check(Path("../out/./layer.zip"), lock=Path(lock)) == ()
    if sys.platform != "win32":
        (out / "link").symlink_to("layer.zip")
        assert check("link") == ()


def test_wheels_are_fetched(build: Build, check: Check, store: Path) -> None:
    """Wheels that the store lacks are brought, and stay there."""
    layer = build()
    shutil.rmtree(store)
    assert check(layer.path) == ()
    assert stored_wheels(store) == [wheel.filename for wheel in layer.wheels]


def test_damaged_store(build: Build, check: Check, store: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A damaged wheel in the store is brought again, and says nothing about the layer."""
    layer = build()
    [stored] = store.rglob("demo-1.0-py3-none-any.whl")
    stored.chmod(0o644)
    flip(stored)
    assert check(layer.path) == ()
    assert "damaged" in caplog.text


def test_store_that_cannot_be_written(
    build: Build, check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no store can be, a layer is compared all the same."""
    layer = build()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LAMBDA_WHEELS_CACHE", str(tmp_path / "file" / "store"))
    assert check(layer.path) == ()


@pytest.mark.parametrize("form", [str, list], ids=["one", "list"])
def test_wheels_beside_the_lock(build: Build, check: Check, pylock: Path, tmp_path: Path, form: Any) -> None:
    """A wheel that was given beside the lock is to be given again; one may stand without a list."""
    own = make_wheel(tmp_path, "demo", "3.0")
    layer = lambda_wheels.build_layer([pylock, own], **TARGET, output=tmp_path / "layer.zip")
    assert check(layer.path, wheels=str(own) if form is str else [own]) == ()
    assert said(check(layer.path)) == [("demo", "the layer has 3.0, the lock has 1.0")]


def test_waivers(check: Check, folder: Path, out: Path) -> None:
    """What was allowed for the layer is allowed again, as its manifest says: a conflict, a wrong hash."""
    wheels = [
        make_wheel(folder, "one", files={"one.py": "", "shared.py": "1"}, defect="record-hash"),
        make_wheel(folder, "two", files={"two.py": "", "shared.py": "2"}),
        make_wheel(folder, "three", files={"three.py": "", "shared.py": "3"}),
    ]
    lock = write_lock(folder / "pylock.toml", *map(of, wheels))
    allow = ["record-hash:one", "path-conflict:one", "path-conflict:two", "path-conflict:three"]
    for output in (out / "layer.zip", out / "layer"):
        layer = lambda_wheels.build_layer(lock, **TARGET, output=output, allow=allow)
        assert check(layer.path) == ()


@pytest.mark.process
@pytest.mark.skipif(sys.version_info.releaselevel != "final", reason="this Python is no final release")
def test_bytecode(build: Build, check: Check, out: Path, store: Path) -> None:
    """Bytecode is compared as all else, compiled anew where the store has it no more."""
    runtime = "python{}.{}".format(*sys.version_info[:2])
    for output in (out / "layer.zip", out / "layer"):
        layer = build(output=output, runtime=runtime, bytecode=sys.executable, scripts=True)
        assert check(layer.path, bytecode_python=sys.executable) == ()
        for pack in store.rglob("*.bytecode"):
            pack.unlink()
        assert check(layer.path) == ()
    [compiled] = (out / "layer").rglob("demo/__pycache__/*.pyc")
    flip(compiled)
    assert said(check(out / "layer")) == [
        (compiled.relative_to(out / "layer").as_posix(), "the lock makes other bytes of it")
    ]


@pytest.mark.process
@pytest.mark.skipif(sys.version_info.releaselevel != "final", reason="this Python is no final release")
def test_bytecode_of_another_version(build: Build, check: Check) -> None:
    """Bytecode that another version has compiled cannot be compared: the error says which one is needed."""
    runtime = "python{}.{}".format(*sys.version_info[:2])
    layer = build(runtime=runtime, bytecode=sys.executable)
    other = "{}.{}.99".format(*sys.version_info[:2])
    code, rule, words = stopped(check, forged(layer.path, options={"bytecode": other}))
    assert (code, rule) == (1, "no-interpreter")
    assert f"there is no CPython {other} on this machine" in words
    code, rule, words = stopped(check, layer.path, bytecode_python=sys.executable)
    assert (code, rule) == (1, "no-interpreter")
    assert f"and bytecode of CPython {other} is wanted; install CPython {other}, or say where one is" in words


# --- What differs -----------------------------------------------------------------------------------------------------


def test_another_lock(build: Build, check: Check, folder: Path, wheels: list[Path], out: Path) -> None:
    """Wheels that the lock has otherwise are told by project; files are then not compared."""
    layer = build()
    make_wheel(folder, "demo", files={"demo/__init__.py": "1"})
    (folder / "new").mkdir()
    helper = make_wheel(folder / "new", "helper", "3.0").replace(folder / "helper-3.0-py3-none-any.whl")
    lock = write_lock(folder / "pylock.toml", of(wheels[0]), of(helper), of(make_wheel(folder, "third")))
    assert said(check(layer.path, lock=lock)) == [
        ("demo", "the layer has another wheel of 1.0 than the lock"),
        ("helper", "the layer has 2.0, the lock has 3.0"),
        ("third", "the lock has 1.0, and the layer does not have it"),
    ]
    lock = write_lock(folder / "pylock.toml", of(helper))
    assert said(check(layer.path, lock=lock))[0] == ("demo", "the layer has 1.0, and the lock does not have it")


def _change_byte(layer: Path) -> None:
    (layer / INIT).write_bytes(b"def main(): ..;\n")


def _add(layer: Path) -> None:
    (layer / "python" / "evil.pth").write_bytes(b"import os")


def _remove(layer: Path) -> None:
    (layer / INIT).unlink()


def _make_executable(layer: Path) -> None:
    (layer / INIT).chmod(0o755)


def _leave_over(layer: Path) -> None:
    (layer / ".lambda-wheels-0123.tmp").mkdir()


def _link(layer: Path) -> None:
    content = (layer / INIT).rename(layer.parent / "elsewhere")
    (layer / INIT).symlink_to(content)


def _link_to_nothing(layer: Path) -> None:
    (layer / "python" / "nothing").symlink_to("nowhere")


def _link_for_manifest(layer: Path) -> None:
    (layer / "lambda-wheels" / f"{'0' * 32}.json").symlink_to("/dev/zero")


def _link_for_folder(layer: Path) -> None:
    (layer / "python" / "helper").rename(layer.parent / "elsewhere")
    (layer / "python" / "helper").symlink_to(layer.parent / "elsewhere")


def _pipe(layer: Path) -> None:
    if sys.platform != "win32":
        os.mkfifo(layer / "python" / "pipe")


LEFT_OVER = "it is left over from a build that was ended, or is of one that runs: build it again"
LINK = "it is a symbolic link, and a layer holds plain files only"


@pytest.mark.parametrize(
    ("change", "differences"),
    [
        pytest.param(_change_byte, {INIT: "the lock makes other bytes of it"}, id="a byte"),
        pytest.param(_add, {"python/evil.pth": "it is not what the lock makes"}, id="one more"),
        pytest.param(_remove, {INIT: "the lock makes it, and it is missing"}, id="one less"),
        pytest.param(
            _make_executable, {INIT: "it has the mode 0755, the lock makes 0644"}, id="mode", marks=posix
        ),
        pytest.param(
            _leave_over,
            {".lambda-wheels-0123.tmp": LEFT_OVER},
            id="left over",
        ),
        pytest.param(_link, {INIT: LINK}, id="link to the same bytes", marks=posix),
        pytest.param(_link_to_nothing, {"python/nothing": LINK}, id="link to nothing", marks=posix),
        pytest.param(
            _link_for_manifest, {f"lambda-wheels/{'0' * 32}.json": LINK}, id="link for a manifest", marks=posix
        ),
        pytest.param(
            _link_for_folder,
            {"python/helper": LINK, "python/helper/__init__.py": "the lock makes it, and it is missing"},
            id="link for a folder",
            marks=posix,
        ),
        pytest.param(
            _pipe,
            {"python/pipe": "it is a pipe, a socket or a device, and a layer holds plain files only"},
            id="pipe",
            marks=posix,
        ),
    ],
)  # fmt: skip
def test_changed_folder(
    build: Build, check: Check, out: Path, change: Callable[[Path], None], differences: dict[str, str]
) -> None:
    """Each file of a folder that is not as the lock makes it is told; no link is followed, and no pipe waited for."""
    layer = build(output=out / "layer").path
    change(layer)
    assert dict(said(check(layer))) == differences


def test_repacked(build: Build, check: Check) -> None:
    """A zip that another program packed again has other bytes: that is said, and nothing else."""
    layer = repacked(build().path)
    [(member, words)] = said(check(layer))
    assert member is None
    assert "packed again" in words


def test_changed_zip(build: Build, check: Check) -> None:
    """Files that were changed, added or renamed in a zip are told by their paths."""
    layer = repacked(build().path, lambda name, content: (name, b"" if name == INIT else content), "python/evil.py")
    assert said(check(layer)) == [
        (INIT, "the lock makes other bytes of it"),
        ("python/evil.py", "it is not what the lock makes"),
    ]


def test_many_that_cannot_be_read(build: Build, check: Check) -> None:
    """Of a zip whose every member cannot be read, the first is named and the others counted: it stays one line."""
    layer = build().path
    with zipfile.ZipFile(layer) as archive:
        entries = [Entry(name=info.filename.encode(), flags=1) for info in archive.infolist()]
    layer.write_bytes(forge(entries))
    _, rule, words = stopped(check, layer)
    assert rule == "layer-differs"
    assert words.endswith(f"it is encrypted (and {len(entries) - 1} more); build it from the lock")


def test_many_changes(build: Build, check: Check, out: Path) -> None:
    """Twenty files are named, and the others counted."""
    layer = build(output=out / "layer").path
    for count, last in ((21, "1 other file differs as well"), (25, "5 other files differ as well")):
        for number in range(count):
            (layer / "python" / f"more-{number:02}").write_bytes(b"")
        differences = said(check(layer))
        assert len(differences) == 21
        assert differences[-1] == (None, last)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        pytest.param(Entry(name=b"../evil.py"), "the path climbs out of its folder", id="climbs"),
        pytest.param(Entry(name=b"/evil.py"), "the path is absolute", id="absolute"),
        pytest.param(Entry(name=b"python/a\nb"), "the name holds the control character U+000A", id="line feed"),
        pytest.param(Entry(name=INIT.encode(), content=b"1"), "two members have this name", id="twice"),
        pytest.param(Entry(name=b"python/x", mode=stat.S_IFLNK | 0o777), "it is a symbolic link", id="link"),
        pytest.param(
            Entry(name=b"python/x", stream=b"\0"), "its compressed bytes are cut off", id="damaged"
        ),
        pytest.param(
            Entry(name=b"python/x", content=bytes(1 << 20), local={"size": 1}, central={"size": 1}),
            "it goes on past the 1 bytes that it declares",
            id="bomb",
        ),
        pytest.param(Entry(name=b"python/x", flags=1), "it is encrypted", id="encrypted"),
    ],
)  # fmt: skip
def test_hostile_members(build: Build, check: Check, entry: Entry, words: str) -> None:
    """What no zip of ours has is told as a difference, under the name that it has in the zip."""
    layer = build().path
    with zipfile.ZipFile(layer) as archive:
        entries = [
            Entry(name=info.filename.encode(), content=archive.read(info), mode=info.external_attr >> 16)
            for info in archive.infolist()
        ]
    layer.write_bytes(forge([*entries, entry]))
    assert said(check(layer)) == [(entry.name.decode(), words)]


# --- What cannot be compared ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "the file is empty", id="empty"),
        pytest.param(b"<html>", "it is a page of HTML", id="HTML"),
        pytest.param(b"hello" * 99, "it is not a zip archive", id="text"),
        pytest.param(forge([Entry(name=b"python/x.py")]), "it has no manifest", id="no manifest"),
        pytest.param(forge([Entry(name=b"x", central={"size": 1 << 31})]), "more than", id="huge"),
        pytest.param(forge([]), "the archive is empty", id="no members"),
        pytest.param(forge([Entry(name=b"x")], before=b"x"), "1 bytes stand before", id="bytes before"),
        pytest.param(
            forge([Entry(name=f"lambda-wheels/{'0' * 32}.json".encode(), content=b"{}")]),
            "it has no manifest",
            id="manifest with a wrong name",
        ),
        pytest.param(
            forge([Entry(name=f"lambda-wheels/{'0' * 32}.json".encode(), stream=b"\0")]),
            ".json: its compressed bytes are cut off",
            id="manifest damaged",
        ),
    ],
)
def test_not_ours(check: Check, out: Path, content: bytes, words: str) -> None:
    """What is no layer of ours is refused in one line."""
    (out / "layer.zip").write_bytes(content)
    code, rule, message = stopped(check, out / "layer.zip")
    assert (code, rule) == (1, "layer-differs")
    assert message.startswith(f"{out / 'layer.zip'} is no layer of lambda-wheels: ")
    assert words in message
    assert message.endswith("; build it from the lock")


ARM, X86 = ({"architecture": architecture, "runtime": "python3.13"} for architecture in ("arm64", "x86_64"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"targets": []}, "manifest cannot be read", id="no target"),
        pytest.param({"targets": [ARM, X86]}, "it was built for python3.13 on arm64, ", id="two architectures"),
        pytest.param({"targets": [ARM | {"runtime": "python3.99"}]}, "manifest cannot be read", id="unknown target"),
        pytest.param({"options": {"new": 1}}, "manifest cannot be read", id="unknown option"),
        pytest.param({"options": [["x"]] * 3}, "manifest cannot be read", id="options of another kind"),
        pytest.param({"format": 2}, "a manifest of format 2; this release reads 1", id="format"),
        pytest.param({"waived": ["member-crc:demo"]}, "'member-crc' cannot be waived", id="waiver"),
        pytest.param({"waived": ["\ud800"]}, "not of the form RULE:PROJECT", id="waiver of another form"),
        pytest.param({"wheels": [{"name": "demo"}]}, "manifest cannot be read", id="half a wheel"),
    ],
)
def test_forged_manifests(build: Build, check: Check, changes: dict[str, Any], words: str) -> None:
    """A manifest that this release would not have written is refused, whatever it says."""
    code, rule, message = stopped(check, forged(build().path, **changes))
    assert (code, rule) == (1, "layer-differs")
    assert words in message


def test_nested_manifest(check: Check, out: Path) -> None:
    """A manifest that is nested as deep as JSON may be is refused as any other; no depth gives another error."""
    for depth in range(900, 1001):
        content = b'{"format": 1, "options": {}, "targets": [], "waived": [%s%s], "wheels": []}'
        content %= b"[" * depth, b"]" * depth
        (out / "layer.zip").write_bytes(forge([Entry(name=manifest_path(content).encode(), content=content)]))
        assert stopped(check, out / "layer.zip")[:2] == (1, "layer-differs")


def test_two_manifests(build: Build, check: Check, out: Path) -> None:
    """Two layers in one folder, as in ``/opt``, are not one."""
    first = build(output=out / "layer").path
    second = build(output=out / "other", scripts=True).path
    shutil.copytree(second, first, dirs_exist_ok=True)
    assert "it has 2 manifests" in stopped(check, first)[2]


def test_lies_about_options(build: Build, check: Check) -> None:
    """A manifest that says of another layer is told with what that one would hold."""
    differences = dict(said(check(forged(build().path, options={"scripts": True}))))
    assert differences["bin/demo"] == "the lock makes it, and it is missing"


def test_whole_environment(check: Check, out: Path) -> None:
    """A folder that is something else altogether is refused before anything in it is read."""
    (out / "venv" / "bin").mkdir(parents=True)
    (out / "venv" / "bin" / "python").write_bytes(b"")
    (out / "empty").mkdir()
    for name in ("venv", "empty"):
        assert "it has no manifest" in stopped(check, out / name)[2]


@posix
def test_pipes_and_devices(check: Check, out: Path) -> None:
    """Neither a pipe, which would be waited for, nor a device is read."""
    if sys.platform != "win32":
        os.mkfifo(out / "layer.zip")
    for path in (out / "layer.zip", Path("/dev/zero")):
        assert "it is neither a zip nor a folder" in stopped(check, path)[2]


@pytest.mark.parametrize(
    ("given", "rule", "words"),
    [
        pytest.param({"layer": "nothing.zip"}, "no-such-file", "does not exist", id="no layer"),
        pytest.param({"layer": ""}, "no-such-file", "the layer has no name", id="layer empty"),
        pytest.param({"layer": "https://me:secret@example.org/x.zip"}, "no-such-file", "is a URL", id="URL"),
        pytest.param({"layer": "\0"}, "no-such-file", "does not exist", id="NUL"),
        pytest.param({"layer": "x" * 5000}, "no-such-file", "does not exist", id="long name"),
        pytest.param({"lock": "nothing.toml"}, "no-such-file", "does not exist", id="no lock"),
        pytest.param({"lock": ""}, "no-such-file", "the lock has no name", id="lock empty"),
        pytest.param({"lock": "."}, "unknown-file-kind", "is not a lock", id="folder for a lock"),
        pytest.param({"lock": "layer.zip"}, "unknown-file-kind", "is not a lock", id="zip for a lock"),
        pytest.param({"lock": "r.txt"}, "unknown-file-kind", "is not a lock", id="requirements for a lock"),
        pytest.param({"lock": "uv.lock"}, "unknown-file-kind", "uv export", id="another tool's lock"),
        pytest.param({"wheels": ["pylock.x.toml"]}, "lock-not-alone", "is a lock", id="two locks"),
        pytest.param({"pre": True}, "lock-not-alone", "--pre", id="option that chooses"),
    ],
)
def test_wrong_usage(
    build: Build,
    check: Check,
    out: Path,
    pylock: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, Any],
    rule: str,
    words: str,
) -> None:
    """A call that makes no sense is told so, and not as a difference."""
    build()
    monkeypatch.chdir(out)
    for name in ("r.txt", "uv.lock", "pylock.x.toml"):
        (out / name).write_text("")
    code, found, message = stopped(check, **{"layer": "layer.zip"} | given)
    assert (code, found) == (2, rule)
    assert words in message
    assert "secret" not in message


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        pytest.param("lock-version = ", "bad-lock", id="not TOML"),
        pytest.param("", "bad-lock", id="empty"),
        pytest.param('lock-version = "2.0"\ncreated-by = "x"\npackages = []\n', "bad-lock", id="version"),
        pytest.param(
            'lock-version = "1.0"\ncreated-by = "x"\nrequires-python = "<3"\npackages = []\n',
            "lock-not-for-target",
            id="another target",
        ),
    ],
)
def test_bad_locks(build: Build, check: Check, pylock: Path, content: str, rule: str) -> None:
    """A lock that cannot be used is told as when it is built from."""
    layer = build()
    pylock.write_text(content)
    assert stopped(check, layer.path)[:2] == (1, rule)


# --- What goes wrong meanwhile ----------------------------------------------------------------------------------------


def test_what_the_callback_raises(build: Build, check: Check, store: Path) -> None:
    """What the caller's own callback raises reaches the caller as it is, though it be an ``OSError``."""
    layer = build()
    shutil.rmtree(store)
    mine = OSError("mine")

    def progress(event: object) -> None:
        raise mine

    with pytest.raises(OSError, match="mine") as caught:
        check(layer.path, progress=progress)
    assert caught.value is mine


@pytest.mark.parametrize("name", ["layer.zip", "layer"])
def test_unreadable_files(build: Build, check: Check, out: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A file that the system does not let us read is named; another time it may."""
    layer = build(output=out / name).path
    refused = layer / INIT if layer.is_dir() else layer
    real = Path.open

    def open_(path: Path, *args: Any, **options: Any) -> Any:
        if path == refused:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *args, **options)

    monkeypatch.setattr(Path, "open", open_)
    code, rule, words = stopped(check, layer)
    assert (code, rule) == (3, "disk-failed")
    assert words.startswith(f"{refused} cannot be read: Permission denied")


def test_replaced_meanwhile(build: Build, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    """A zip in the place of which another comes while it is read is told as such."""
    layer = build().path
    content = b"{}\n" * 9999
    other = forge([Entry(name=manifest_path(content).encode(), content=content)])

    def replaced(path: Path, entries: Any, *args: Any) -> Any:
        layer.unlink()
        layer.write_bytes(other)
        with layer.open("rb") as file:
            return prove(path, read_directory(file, len(other), Findings("layer.zip")), *args)

    monkeypatch.setattr("lambda_wheels.layers.existing.prove", replaced)
    code, rule, words = stopped(check, layer)
    assert (code, rule) == (3, "disk-failed")
    assert "changed while it was read" in words


@pytest.mark.parametrize("name", ["layer.zip", "layer"])
@pytest.mark.parametrize("when", ["manifest_of", "differences"])
def test_another_layer_meanwhile(
    build: Build, check: Check, out: Path, monkeypatch: pytest.MonkeyPatch, name: str, when: str
) -> None:
    """Where a build puts another layer in the place of the first, nothing is said of either, but to check again."""
    layer = build(output=out / name).path
    real = getattr(existing, when)

    def late(*args: Any) -> Any:
        if when == "manifest_of":
            found = real(*args)
            build(output=layer, scripts=True)
            return found
        build(output=layer, scripts=True)
        return real(*args)

    monkeypatch.setattr(f"lambda_wheels.comparing.{when}", late)
    code, rule, words = stopped(check, layer)
    assert (code, rule) == (3, "disk-failed")
    assert words.endswith("changed while it was read; check it again")


def test_vanished_meanwhile(build: Build, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer that vanishes while it is compared is a failure of the surroundings."""
    layer = build().path
    monkeypatch.setattr("lambda_wheels.layers.existing.sha256_of_zip", lambda _: layer.unlink())
    assert stopped(check, layer)[:2] == (3, "disk-failed")


def test_nothing_is_written(build: Build, check: Check, store: Path) -> None:
    """The digest that the lock's zip would have is found without writing one, and nobody is told of any writing."""
    layer = build()
    events: list[lambda_wheels.ProgressEvent] = []
    before = snapshot(store)
    assert check(layer.path, progress=events.append) == ()
    assert {one.stage for one in events} <= {"fetch", "verify"}
    assert snapshot(store) == before


@pytest.mark.parametrize(
    ("built", "given", "words"),
    [
        pytest.param({}, {}, None, id="none"),
        pytest.param({"x.so": b"1"}, {"x.so": b"1"}, None, id="the same"),
        pytest.param({"x.so": b"1"}, {}, "was built with this library", id="not given"),
        pytest.param({}, {"x.so": b"1"}, "was built without this library", id="given"),
        pytest.param({"x.so": b"1"}, {"x.so": b"2"}, "with another library of this name", id="another"),
    ],
)
def test_libraries(built: dict[str, bytes], given: dict[str, bytes], words: str | None) -> None:
    """Libraries that were brought along are compared before anything is made."""
    manifest = Manifest(
        wheels=(),
        targets=(),
        libraries=tuple(ManifestLibrary(name, hashlib.sha256(it).hexdigest()) for name, it in built.items()),
    )
    libraries = [Library(name, content, Native(name, Format.ELF)) for name, content in given.items()]
    found = list(_other_libraries(manifest, libraries))
    assert [problem.member for problem in found] == (["lib/x.so"] if words else [])
    assert all((words or "") in problem.message for problem in found)
