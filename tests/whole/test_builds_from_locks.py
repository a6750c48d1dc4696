"""Builds from a lock whose wheels are at hand: without the mark for it, no test here starts a process or connects."""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

import lambda_wheels
from lambda_wheels import LambdaWheelsError, ProgressEvent
from lambda_wheels.store import open_store
from lambda_wheels.wheels import read_wheel
from tests.loopback import TARGET, Build, left_behind, snapshot, stored_wheels
from tests.resolution.locks import HOST, entry, write_lock
from tests.wheel_factory import make_wheel
from tests.whole.zips import manifest, unzipped


@pytest.fixture
def build(bare_surroundings: None, out: Path) -> Build:
    """``build_layer`` for python3.13 on arm64."""
    return functools.partial(lambda_wheels.build_layer, **TARGET, output=out / "layer.zip")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a lock is, and wheels below it."""
    path = tmp_path / "project"
    path.mkdir()
    return path


def keep(*wheels: Path) -> None:
    """Put ``wheels`` into the store, as if a build had fetched them."""
    for path in wheels:
        with open_store() as store, store.scratch() as scratch:
            store.add(Path(shutil.copy(path, scratch)), read_wheel(path))


def of(path: Path, *, remote: bool = False, **changes: Any) -> dict[str, Any]:
    """An entry for the wheel at ``path``: where it is, its size and its hash."""
    name, version, _ = path.name.split("-", 2)
    content = path.read_bytes()
    file = {
        **({"url": f"{HOST}/{path.name}"} if remote else {"path": path.name}),
        "size": len(content),
        "hashes": {"sha256": hashlib.sha256(content).hexdigest()},
    } | changes
    return entry(file, name=name.replace("_", "-"), version=version)


def refused(call: Any, *args: Any, **options: Any) -> list[tuple[str, str | None]]:
    """The rules that are broken, each with the project: the output is not there, and nothing unfinished is."""
    with pytest.raises(LambdaWheelsError) as caught:
        call(*args, **options)
    assert all(str(problem).isprintable() for problem in caught.value.problems)
    return [(problem.rule, problem.project) for problem in caught.value.problems]


def flip(path: Path) -> None:
    """Change a byte in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)


# --- What works without pip -------------------------------------------------------------------------------------------


def test_from_the_store(build: Build, folder: Path, out: Path) -> None:
    """With the wheels in the store neither pip nor an index is needed, whatever the addresses in the lock."""
    wheels = [
        make_wheel(folder, "demo", tag="cp313-cp313-manylinux_2_28_aarch64", requires=["helper"]),
        make_wheel(folder, "helper", "2.0"),
    ]
    keep(*wheels)
    layer = build(write_lock(folder / "pylock.toml", *(of(path, remote=True) for path in wheels)))
    assert [(wheel.name, wheel.version, wheel.filename) for wheel in layer.wheels] == [
        ("demo", "1.0", wheels[0].name),
        ("helper", "2.0", wheels[1].name),
    ]
    assert layer.warnings == ()
    assert {"python/demo/__init__.py", "python/helper/__init__.py"} <= unzipped(out / "layer.zip").keys()
    assert layer.pip_command.endswith("demo==1.0 helper==2.0")


def test_wheels_by_path(build: Build, folder: Path, out: Path, store: Path) -> None:
    """Wheels that a lock names by their path are taken from there, proven, and kept in the store."""
    wheel = make_wheel(folder, "demo")
    lock = write_lock(folder / "pylock.toml", of(wheel))
    first = build(lock)
    assert stored_wheels(store) == [wheel.name]
    assert left_behind(out, store, folder) == []
    wheel.unlink()
    assert build(lock, output=out / "again.zip").sha256 == first.sha256


@pytest.mark.parametrize("where", ["path", "url"])
def test_archives_on_this_disk(build: Build, folder: Path, where: str) -> None:
    """A wheel that a lock names as an archive, by its path or a ``file:`` URL, is used like any other."""
    wheel = make_wheel(folder, "demo")
    place = {"path": wheel.name} if where == "path" else {"url": wheel.as_uri()}
    archive = {**place, "hashes": {"sha256": hashlib.sha256(wheel.read_bytes()).hexdigest()}}
    layer = build(write_lock(folder / "pylock.toml", entry(version=None, archive=archive)))
    assert [one.filename for one in layer.wheels] == [wheel.name]


def test_from_another_folder(build: Build, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths in a lock begin in its folder, not in the working directory, wherever that is."""
    write_lock(folder / "pylock.toml", of(make_wheel(folder, "demo")))
    monkeypatch.chdir(tmp_path)
    assert [wheel.name for wheel in build(Path("project/pylock.toml")).wheels] == ["demo"]


def test_fetch(folder: Path, out: Path, bare_surroundings: None) -> None:
    """``fetch_wheels`` takes a lock as well."""
    wheel = make_wheel(folder, "demo")
    lock = write_lock(folder / "pylock.toml", of(wheel))
    fetched = lambda_wheels.fetch_wheels(lock, **TARGET, output=out / "wheels")
    assert [one.filename for one in fetched] == [wheel.name]
    assert (out / "wheels" / wheel.name).read_bytes() == wheel.read_bytes()


def test_wheels_beside_a_lock(build: Build, folder: Path, tmp_path: Path) -> None:
    """A wheel beside a lock is added; of a project that the lock has, as a folder even, it takes the place."""
    own = [make_wheel(tmp_path, name, "2.0") for name in ("ours", "demo")]
    lock = write_lock(
        folder / "pylock.toml",
        of(make_wheel(folder, "demo")),
        of(make_wheel(folder, "helper")),
        entry(name="ours", version=None, directory={"path": "."}),
    )
    layer = build([lock, *own])
    assert [(wheel.name, wheel.version) for wheel in layer.wheels] == [
        ("demo", "2.0"),
        ("helper", "1.0"),
        ("ours", "2.0"),
    ]


def test_further_hashes(build: Build, folder: Path) -> None:
    """Every hash that a lock gives is held, in whatever case it is written."""
    wheel = make_wheel(folder, "demo")
    content = wheel.read_bytes()
    kinds = ("sha256", "sha512", "md5", "blake2b")
    hashes = {kind.upper(): hashlib.new(kind, content).hexdigest().upper() for kind in kinds}
    assert build(write_lock(folder / "pylock.toml", of(wheel, hashes=hashes))).wheels[0].name == "demo"


def test_progress(build: Build, folder: Path) -> None:
    """The callback hears of the wheels that came in, and nothing that goes back."""
    events: list[ProgressEvent] = []
    lock = write_lock(folder / "pylock.toml", *(of(make_wheel(folder, name)) for name in ("a", "b")))
    build(lock, progress=events.append)
    assert [(one.done, one.total) for one in events if one.stage == "fetch"] == [(0, 2), (1, 2), (2, 2)]
    for stage in ("verify", "write"):
        done = [one.done for one in events if one.stage == stage]
        assert done and done == sorted(done)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_lock_behind_a_link(build: Build, folder: Path, tmp_path: Path) -> None:
    """The paths of a lock that is a symbolic link begin where the link is, which is the path that was given."""
    (tmp_path / "elsewhere").mkdir()
    real = write_lock(tmp_path / "elsewhere" / "pylock.toml", of(make_wheel(folder, "demo")))
    (folder / "pylock.toml").symlink_to(real)
    assert [wheel.name for wheel in build(folder / "pylock.toml").wheels] == ["demo"]


@pytest.mark.parametrize("version", ["1!2.0", "1.0+cpu.2", "1.0.post1.dev2"])
def test_odd_versions(build: Build, folder: Path, version: str) -> None:
    """Versions with an epoch, a local part or a suffix are found by their names, in the store too."""
    wheel = make_wheel(folder, "demo", version)
    lock = write_lock(folder / "pylock.toml", of(wheel))
    for _ in range(2):
        assert [one.version for one in build(lock).wheels] == [version]
        wheel.unlink(missing_ok=True)


def test_store_that_cannot_be_written(
    build: Build, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that cannot be written is gone round, with one warning."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LAMBDA_WHEELS_CACHE", str(tmp_path / "file" / "store"))
    lock = write_lock(folder / "pylock.toml", of(make_wheel(folder, "demo")))
    assert [warning.rule for warning in build(lock).warnings] == ["store-not-writable"]


# --- What is noticed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", [flip, lambda path: os.truncate(path, 100)], ids=["flipped", "truncated"])
def test_damaged_in_the_store(
    build: Build, folder: Path, store: Path, out: Path, caplog: pytest.LogCaptureFixture, damage: Any
) -> None:
    """A damaged wheel in the store is noticed, said in the log, and brought again; the layer is right."""
    wheel = make_wheel(folder, "demo")
    lock = write_lock(folder / "pylock.toml", of(wheel))
    first = build(lock)
    [stored] = store.rglob(wheel.name)
    stored.chmod(0o644)
    damage(stored)
    assert build(lock, output=out / "again.zip").sha256 == first.sha256
    assert stored.read_bytes() == wheel.read_bytes()
    [record] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert wheel.name in record.getMessage()


@pytest.mark.parametrize(
    ("changes", "rule", "words"),
    [
        pytest.param({"size": 7}, "broken-promise", "size that the lock told (7)", id="size"),
        pytest.param({"hashes": {"sha256": "0" * 64}}, "hash-mismatch", "sha256 that the lock told", id="sha256"),
        pytest.param({"hashes": {"sha512": "0" * 128}}, "hash-mismatch", "another sha512", id="sha512"),
        pytest.param({"hashes": {"md5": "no"}}, "hash-mismatch", "another md5", id="not a digest"),
    ],
)
@pytest.mark.parametrize("at_hand", [True, False], ids=["in the store", "not in the store"])
def test_broken_promises(
    build: Build, folder: Path, out: Path, store: Path, changes: dict[str, Any], rule: str, words: str, at_hand: bool
) -> None:
    """A wheel that is not what the lock says is refused, also where the store has it; what is wrong is not kept."""
    wheel = make_wheel(folder, "demo")
    if at_hand:
        keep(wheel)
    package = of(wheel)
    [file] = package["wheels"]
    file |= {**changes, "hashes": file["hashes"] | changes.get("hashes", {})}
    with pytest.raises(lambda_wheels.WheelError) as caught:
        build(write_lock(folder / "pylock.toml", package))
    [problem] = caught.value.problems
    assert (problem.rule, problem.project, problem.wheel) == (rule, "demo", wheel.name)
    assert words in problem.message
    assert list(out.iterdir()) == []
    assert left_behind(store) == []


def test_gone_from_this_disk(build: Build, folder: Path, out: Path) -> None:
    """A path or a ``file:`` URL of which the file is gone is told with its project; trying again may help."""
    wheel = make_wheel(folder, "demo")
    locks = [
        write_lock(folder / "pylock.toml", of(wheel)),
        write_lock(folder / "pylock.url.toml", entry({**of(wheel)["wheels"][0], "path": "", "url": wheel.as_uri()})),
    ]
    wheel.unlink()
    for lock in locks:
        with pytest.raises(lambda_wheels.IndexUnavailableError) as caught:
            build(lock)
        [problem] = caught.value.problems
        assert (problem.rule, problem.project) == ("file-unreachable", "demo")
        assert str(wheel) in problem.message
        assert caught.value.exit_code == 3
    assert list(out.iterdir()) == []


def test_path_that_is_a_folder(build: Build, folder: Path) -> None:
    """A folder in the place of a wheel is no wheel."""
    lock = write_lock(folder / "pylock.toml", of(wheel := make_wheel(folder, "demo")))
    wheel.unlink()
    wheel.mkdir()
    assert refused(build, lock) == [("file-unreachable", "demo")]


def test_what_is_left_out(build: Build, folder: Path, out: Path) -> None:
    """What a lock leaves out is a warning, an error where warnings are, and may be allowed."""
    wheel = make_wheel(folder, "demo", requires=["boto3>=1", "nothing; sys_platform == 'win32'"])
    lock = write_lock(folder / "pylock.toml", of(wheel))
    [warning] = build(lock).warnings
    assert str(warning) == f"warning[lock-incomplete] {wheel.name}: it needs boto3>=1, and the lock leaves it out"
    assert refused(build, lock, strict=True, output=out / "strict.zip") == [("lock-incomplete", "demo")]
    allowed = build(lock, strict=True, output=out / "strict.zip", allow=["lock-incomplete:demo"])
    assert manifest(allowed)["waived"] == ["lock-incomplete:demo"]


@pytest.mark.parametrize(
    ("wheel", "rule"),
    [
        pytest.param({"tag": "cp313-cp313-manylinux_2_28_x86_64"}, "wrong-tag", id="another architecture"),
        pytest.param({"tag": "cp311-cp311-manylinux_2_28_aarch64"}, "wrong-tag", id="another Python"),
        pytest.param({"requires_python": ">=3.14"}, "requires-python", id="Requires-Python"),
    ],
)
def test_wheel_beside_a_lock_for_another_target(
    build: Build, folder: Path, wheel: dict[str, Any], rule: str, out: Path
) -> None:
    """A wheel beside a lock has to run on the target, too."""
    lock = write_lock(folder / "pylock.toml", of(make_wheel(folder, "demo")))
    assert refused(build, [lock, make_wheel(folder, "ours", **wheel)]) == [(rule, "ours")]
    assert list(out.iterdir()) == []


def test_two_wheels_of_a_project_beside_a_lock(build: Build, folder: Path) -> None:
    """Two wheels of one project beside a lock are one too many, which is seen before anything is done."""
    lock = write_lock(folder / "pylock.toml", of(make_wheel(folder, "demo")))
    own = [make_wheel(folder, "ours", version) for version in ("1.0", "2.0")]
    assert refused(build, [lock, *own]) == [("bad-requirement", "ours")]


def test_wheel_that_needs_another_python(build: Build, folder: Path) -> None:
    """The wheel's own ``Requires-Python`` counts, whatever the lock says."""
    lock = write_lock(folder / "pylock.toml", of(make_wheel(folder, "demo", requires_python=">=3.14")))
    assert refused(build, lock) == [("requires-python", "demo")]


def test_broken_wheel(build: Build, folder: Path, store: Path) -> None:
    """A wheel that a lock names and that is broken does not enter the store."""
    lock = write_lock(folder / "pylock.toml", of(make_wheel(folder, "demo", defect="record-hash")))
    assert refused(build, lock) == [("record-hash", "demo")]
    assert stored_wheels(store) == []


@pytest.mark.parametrize(
    ("options", "flag"),
    [
        pytest.param({"pre": True}, "--pre", id="pre"),
        pytest.param({"uploaded_prior_to": "P7D"}, "--uploaded-prior-to", id="cooldown"),
        pytest.param({"constraint": "constraints.txt"}, "--constraint", id="constraint"),
    ],
)
def test_options_that_choose(
    build: Build, folder: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], flag: str
) -> None:
    """An option that would choose otherwise has no place beside a lock: it would be passed over in silence."""
    monkeypatch.chdir(folder)
    (folder / "constraints.txt").write_text("demo<1\n")
    lock = write_lock(folder / "pylock.toml", of(make_wheel(folder, "demo")))
    with pytest.raises(lambda_wheels.UsageError) as caught:
        build(lock, **options)
    [problem] = caught.value.problems
    assert problem.rule == "lock-not-alone"
    assert flag in problem.message


@pytest.mark.parametrize("beside", ["requirement", "file", "lock"])
def test_what_has_no_place_beside_a_lock(build: Build, folder: Path, beside: str) -> None:
    """Neither requirements nor files of them nor another lock go with a lock."""
    lock = write_lock(folder / "pylock.toml", of(make_wheel(folder, "demo")))
    (folder / "r.txt").write_text("helper\n")
    other = {"requirement": "helper", "file": folder / "r.txt", "lock": write_lock(folder / "pylock.x.toml")}
    assert refused(build, [lock, other[beside]]) == [("lock-not-alone", None)]


def test_same_layer_for_any_lock(build: Build, folder: Path, out: Path) -> None:
    """A layer says nothing of the lock that it was built from: other tools' locks of the same wheels give its bytes."""
    wheel = make_wheel(folder, "demo")
    whole, file = of(wheel), of(wheel)["wheels"][0]
    locks = [
        write_lock(folder / "pylock.toml", whole),
        write_lock(folder / "pylock.archive.toml", entry(version=None, archive=file)),
        write_lock(folder / "pylock.many.toml", whole, entry(file, name="demo", marker="sys_platform == 'win32'")),
    ]
    layers = [build(lock, output=out / f"{number}.zip") for number, lock in enumerate(locks)]
    assert len({layer.sha256 for layer in layers}) == 1
    assert json.dumps(manifest(layers[0])).count("pylock") == 0
    assert all(b"pylock" not in content for _, content in snapshot(out).values())
