"""Wheels come in once, proven, or not at all. (Starts pip; opens sockets on loopback; writes the disk.)"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pip
import pytest
from packaging.version import Version

from lambda_wheels.errors import IndexUnavailableError, LambdaWheelsError, OutputRefusedError, PipError, WheelError
from lambda_wheels.layers import check_wheel_folder, copy_wheels
from lambda_wheels.progress import ProgressEvent, Stage, silent
from lambda_wheels.resolution import fetch, find
from lambda_wheels.store import Store, StoredWheel
from lambda_wheels.waivers import Waivers
from tests.index_server import Fault, IndexServer, Listing
from tests.resolution.pip_runs import run_resolve
from tests.resolution.test_broken_on_purpose import edit
from tests.wheel_factory import make_wheel

pytestmark = pytest.mark.pip

METADATA = pytest.mark.parametrize("metadata", [True, False], ids=["metadata", "no metadata"])


def bring(
    tmp_path: Path, store: Store, given: object, *, faults: Mapping[str, Fault] | None = None, **options: Any
) -> list[StoredWheel]:
    """Resolve and fetch as a build does; ``faults`` begin after the resolution, each on ``server``."""
    server: IndexServer | None = options.pop("server", None)
    progress = options.pop("progress", silent)
    patience = {"retries": 1, "timeout": 1} | options
    with store.scratch() as scratch:
        resolution = run_resolve(tmp_path, given, scratch=scratch, stored=store.wheel_template, **patience)  # type: ignore[arg-type]
        for pattern, fault in (faults or {}).items():
            assert server is not None
            server.fail(pattern, fault)
        found = find(resolution.wheels, store)
        found = fetch(resolution, store, found, options=patience, waivers=Waivers(), scratch=scratch, progress=progress)
        return [found[wheel.sha256] for wheel in resolution.wheels]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path / "store")


@METADATA
@pytest.mark.parametrize("count", [1, 8])
def test_every_wheel_is_fetched_once(tmp_path: Path, folder: Path, store: Store, count: int, metadata: bool) -> None:
    """Resolving and fetching together download each wheel once; a second build downloads none."""
    names = [f"demo-{number}" for number in range(count)]
    for name in names:
        make_wheel(folder, name)
    with IndexServer(folder, listing=Listing(metadata=metadata)) as index:
        first = bring(tmp_path, store, names, index_url=index.url)
        assert sorted(one.wheel.name for one in first) == sorted(names)
        assert [index.count(f"/files/{one.wheel.filename}") for one in first] == [1] * count
        second = bring(tmp_path, store, names, index_url=index.url)
        assert [index.count(f"/files/{one.wheel.filename}") for one in first] == [1] * count
    assert [one.path for one in second] == [one.path for one in first]
    for one in first:
        assert one.path.read_bytes() == (folder / one.wheel.filename).read_bytes()


@METADATA
def test_damaged_in_the_store(tmp_path: Path, folder: Path, store: Store, metadata: bool) -> None:
    """A wheel with a flipped byte in the store is fetched again."""
    source = make_wheel(folder)
    with IndexServer(folder, listing=Listing(metadata=metadata)) as index:
        [stored] = bring(tmp_path, store, "demo", index_url=index.url)
        content = bytearray(stored.path.read_bytes())
        content[len(content) // 2] ^= 1
        stored.path.chmod(0o644)
        stored.path.write_bytes(content)
        [again] = bring(tmp_path, store, "demo", index_url=index.url)
        assert index.count("/files/*.whl") == 2
    assert again.path.read_bytes() == source.read_bytes()


def test_wheels_on_this_disk(tmp_path: Path, folder: Path, store: Store) -> None:
    """Wheels from paths, ``file:`` URLs and folders are copied; the originals stay."""
    paths = [make_wheel(folder, name) for name in ("one", "two", "three")]
    given = [paths[0], f"two @ {paths[1].as_uri()}", "three"]
    stored = bring(tmp_path, store, given, no_index=True, find_links=folder)
    assert sorted(one.wheel.name for one in stored) == ["one", "three", "two"]
    assert all(path.exists() for path in paths)


def test_wheel_vanished_from_this_disk(tmp_path: Path, folder: Path, store: Store) -> None:
    """A wheel that vanished between the resolution and the copy is told."""
    path = make_wheel(folder)
    with store.scratch() as scratch:
        resolution = run_resolve(tmp_path, "demo", scratch=scratch, no_index=True, find_links=folder)
        for left in [path, *scratch.rglob("*.whl")]:
            left.unlink()
        with pytest.raises(IndexUnavailableError, match="file-unreachable"):
            fetch(resolution, store, {}, options={}, waivers=Waivers(), scratch=scratch, progress=silent)


@pytest.mark.parametrize(
    ("lie", "what"),
    [
        pytest.param("Requires-Dist: needs\n", "requirements", id="one requirement more"),
        pytest.param("Requires-Python: >=3.7\n", "Requires-Python", id="Requires-Python"),
    ],
)
def test_index_that_lies(tmp_path: Path, folder: Path, store: Store, lie: str, what: str) -> None:
    """Metadata that the index tells and the wheel does not hold is found when the wheel is here; nothing is kept."""
    wheel = make_wheel(folder, "demo", requires_python=">=3.9")
    make_wheel(folder, "needs")
    told = f"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n{lie}"
    if "Python" not in lie:
        told += "Requires-Python: >=3.9\n"
    with (
        IndexServer(folder, listing=Listing(lies={wheel.name: told.encode()})) as index,
        pytest.raises(WheelError) as caught,
    ):
        bring(tmp_path, store, "demo", index_url=index.url)
    assert [problem.rule for problem in caught.value.problems] == ["broken-promise"]
    assert what in str(caught.value)
    assert store.info().wheels == 0


def test_index_that_hides_a_requirement(tmp_path: Path, folder: Path, store: Store) -> None:
    """A requirement that only the wheel tells of is found too."""
    wheel = make_wheel(folder, "demo", requires=["needs>=1"])
    told = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
    with (
        IndexServer(folder, listing=Listing(lies={wheel.name: told})) as index,
        pytest.raises(WheelError, match=r"broken-promise.*needs>=1"),
    ):
        bring(tmp_path, store, "demo", index_url=index.url)


@pytest.mark.parametrize(
    ("fault", "rule", "code"),
    [
        pytest.param(Fault.status(403), "file-refused", 3, id="403"),
        pytest.param(Fault.status(404), "file-failed", 3, id="404"),
        pytest.param(Fault.status(500), "file-failed", 3, id="500"),
        pytest.param(Fault.silence(), "file-unreachable", 3, id="silence"),
        pytest.param(Fault.redirect(None), "file-unreachable", 3, id="loop"),
        pytest.param(Fault.reset(), "file-unreachable", 3, id="reset"),
        pytest.param(Fault.wrong_body(), "hash-mismatch", 1, id="wrong body"),
        pytest.param(Fault.portal(), "hash-mismatch", 1, id="portal"),
        pytest.param(Fault.empty_body(), "hash-mismatch", 1, id="empty"),
    ],
)
def test_download_that_fails(
    tmp_path: Path, folder: Path, index: IndexServer, store: Store, fault: Fault, rule: str, code: int
) -> None:
    """A wheel that cannot be downloaded is told, and nothing is kept."""
    make_wheel(folder)
    with pytest.raises(LambdaWheelsError) as caught:
        bring(tmp_path, store, "demo", index_url=index.url, server=index, faults={"/files/*.whl": fault})
    assert [problem.rule for problem in caught.value.problems] == [rule]
    assert "demo-1.0-py3-none-any.whl" in str(caught.value)
    assert caught.value.exit_code == code
    assert store.info().wheels == 0


@pytest.mark.skipif(Version(pip.__version__) < Version("26.3"), reason="this pip does not go on with a download")
def test_download_that_goes_on(tmp_path: Path, folder: Path, index: IndexServer, store: Store) -> None:
    """A download that breaks off once is gone on with, and whole in the end."""
    source = make_wheel(folder, files={"demo/data": bytes(range(256)) * 400}, stored=["demo/data"])
    faults = {"/files/*.whl": Fault.short_body(times=1)}
    [stored] = bring(tmp_path, store, "demo", index_url=index.url, server=index, faults=faults)
    assert stored.wheel.sha256 == hashlib.sha256(source.read_bytes()).hexdigest()


def test_runner_that_hands_nothing_over(
    tmp_path: Path, folder: Path, index: IndexServer, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pip that downloads past our eyes is noticed."""
    make_wheel(folder)
    edit(tmp_path, monkeypatch, '        hand_over_downloads(instructions["downloads"], instructions["stored"])\n', "")
    with pytest.raises(PipError, match="pip-failed"):
        bring(tmp_path, store, "demo", index_url=index.url)


def test_progress(tmp_path: Path, folder: Path, index: IndexServer, store: Store) -> None:
    """The callback hears of each wheel that came in, and of the bytes that were proven."""
    for name in ("one", "two"):
        make_wheel(folder, name)
    events: list[ProgressEvent] = []
    bring(tmp_path, store, ["one", "two"], index_url=index.url, progress=events.append)
    assert [(event.done, event.total) for event in events if event.stage is Stage.FETCH] == [(0, 2), (1, 2), (2, 2)]
    assert max(event.done for event in events if event.stage is Stage.VERIFY) > 0


def test_copy_wheels(tmp_path: Path, folder: Path, store: Store) -> None:
    """Wheels are copied into a folder that is made for them; what else is there stays."""
    path = make_wheel(folder)
    stored = bring(tmp_path, store, path, no_index=True)
    copy_wheels(stored, tmp_path / "a" / "b")
    (tmp_path / "a" / "b" / "other").write_text("")
    copy_wheels(stored, tmp_path / "a" / "b")
    assert sorted(one.name for one in (tmp_path / "a" / "b").iterdir()) == [path.name, "other"]
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputRefusedError, match="output-refused"):
        check_wheel_folder(tmp_path / "file")
