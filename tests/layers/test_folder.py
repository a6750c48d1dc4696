"""The layer as a folder."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import shutil
import sys
import threading
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import filelock
import pytest

from lambda_wheels.errors import OutputError, OutputRefusedError
from lambda_wheels.layers import Contents, check_output, write_folder, write_zip
from lambda_wheels.progress import ProgressEvent
from lambda_wheels.store.atomic import replace
from tests.layers.hand_made import contents_of, hand_made
from tests.layers.trees import modes, names_in, tree, tree_of

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
symlinks = pytest.mark.skipif(os.name == "nt", reason="Windows lets few users make symbolic links")


def test_same_files_as_the_zip(contents: Contents, place: Path) -> None:
    """The folder holds what the zip holds."""
    assert write_folder(contents, place / "layer") == place / "layer"
    write_zip(contents, place / "layer.zip")
    with zipfile.ZipFile(place / "layer.zip") as archive:
        assert tree(place / "layer") == {name: archive.read(name) for name in archive.namelist()}
    assert tree(place / "layer") == tree_of(contents)
    assert names_in(place) == ["layer", "layer.zip"]


@posix
@pytest.mark.parametrize("umask", [0o022, 0o077, 0o000, 0o777])
def test_modes(contents: Contents, place: Path, umask: int) -> None:
    """Files are 0644 or 0755 and folders 0755, whatever the umask."""
    before = os.umask(umask)
    try:
        write_folder(contents, place / "layer")
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    files = {entry.path: entry.mode for entry in contents.entries}
    for path, mode in modes(place / "layer").items():
        assert mode == files.get(path, 0o755), path


def test_progress(contents: Contents, place: Path) -> None:
    """Progress is told in bytes of the files, from none to all, never back, in the thread that called."""
    events: list[ProgressEvent] = []
    threads = set()

    def note(event: ProgressEvent) -> None:
        events.append(event)
        threads.add(threading.get_ident())

    write_folder(contents, place / "layer", progress=note)
    done = [event.done for event in events]
    assert done == sorted(done) and done[0] == 0 and done[-1] == contents.unzipped_size
    assert threads == {threading.get_ident()}


@pytest.mark.parametrize("folders", [[], ["python"], ["python/empty", "bin"]])
def test_empty_folder_is_filled(contents: Contents, place: Path, folders: list[str]) -> None:
    """A folder without a file in it, as SAM and the CDK make it, is filled and stays the same folder."""
    for folder in folders:
        (place / folder).mkdir(parents=True)
    inode = place.stat().st_ino
    write_folder(contents, place)
    assert tree(place) == tree_of(contents)
    assert place.stat().st_ino == inode


def test_our_folder_is_filled_again(contents: Contents, place: Path, tmp_path: Path) -> None:
    """What we wrote earlier gives way wholly to the new tree, bytecode beside it included."""
    write_folder(contents, place)
    cache = place / "python/demo/__pycache__"
    cache.mkdir()
    (cache / "__init__.cpython-313.pyc").write_bytes(b"")
    new = contents_of(hand_made(tmp_path / "wheels", "third"))
    write_folder(new, place)
    assert tree(place) == tree_of(new)
    assert names_in(place) == ["lambda-wheels", "python"]


def test_left_over_of_a_killed_build(contents: Contents, place: Path) -> None:
    """The unfinished tree of a build that was killed is not taken for somebody's, and goes."""
    left_over = place / ".lambda-wheels-0123456789abcdef.tmp"
    left_over.mkdir()
    (left_over / "file").touch()
    write_folder(contents, place)
    assert tree(place) == tree_of(contents)
    assert not left_over.exists()


def test_unlocked(contents: Contents, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where processes cannot be kept apart, an unfinished tree may be another build's at work, and stays."""
    unfinished = place / ".lambda-wheels-0123456789abcdef.tmp"
    unfinished.mkdir()

    def fail(*args: object, **kwargs: object) -> None:
        raise OSError("no locks")

    monkeypatch.setattr(filelock.FileLock, "acquire", fail)
    write_folder(contents, place)
    assert names_in(place) == [unfinished.name, "bin", "lambda-wheels", "python"]


@pytest.mark.parametrize(
    "path",
    [
        "notes.txt",
        ".hidden",
        "python/mine.py",
        "python/demo/mine.py",
        "python/demo/__pycache__/mine.txt",
        "elsewhere/__pycache__/x.pyc",
        "bin/mine",
        "lambda-wheels/mine.json",
        "lambda-wheels/00000000000000000000000000000000.json",
        "python/mine-1.0.dist-info/RECORD",
    ],
)
@pytest.mark.parametrize("filled", [True, False], ids=["beside ours", "alone"])
def test_foreign_content_is_refused(contents: Contents, place: Path, path: str, filled: bool) -> None:
    """A folder that holds anything that we did not write is left as it is, and the file is named."""
    if filled:
        write_folder(contents, place)
    (place / path).parent.mkdir(parents=True, exist_ok=True)
    (place / path).write_text("mine")
    before = tree(place)
    for refuse in (lambda: write_folder(contents, place), lambda: check_output(place)):
        with pytest.raises((OutputError, OutputRefusedError)) as raised:
            refuse()
        (problem,) = raised.value.problems
        assert problem.rule == "output-not-ours" and repr(path) in problem.message
    assert tree(place) == before
    assert not [name for name in names_in(place) if name.startswith(".lambda")]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        pytest.param("python/demo-1.0.dist-info/INSTALLER", b"pip\n", id="installed by pip"),
        pytest.param("lambda-wheels/{manifest}", b"{}", id="the manifest was changed"),
        pytest.param("python/demo-1.0.dist-info/RECORD", b'"' + b"x" * 200_000, id="RECORD is rubbish"),
    ],
)
def test_no_longer_ours(contents: Contents, place: Path, path: str, content: bytes) -> None:
    """Where another program has been at work the folder is no longer ours."""
    write_folder(contents, place)
    (place / path.format(manifest=Path(contents.manifest.path).name)).write_bytes(content)
    with pytest.raises((OutputError, OutputRefusedError), match="output-not-ours"):
        write_folder(contents, place)


@pytest.mark.hostile("Pulled plugs")
@symlinks
@posix
@pytest.mark.parametrize("path", ["python/demo-1.0.dist-info/RECORD", "lambda-wheels/{manifest}"])
def test_a_pipe_is_foreign(contents: Contents, place: Path, path: str) -> None:
    """A pipe where we would look for what we wrote is foreign; nobody waits for what might be written into it."""
    if sys.platform == "win32":
        raise NotImplementedError
    write_folder(contents, place)
    pipe = place / path.format(manifest=Path(contents.manifest.path).name)
    pipe.unlink()
    os.mkfifo(pipe)
    with pytest.raises(OutputRefusedError, match="output-not-ours"):
        write_folder(contents, place)


@pytest.mark.hostile("Pulled plugs")
def test_a_folder_that_cannot_be_listed(contents: Contents, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of ours that cannot be listed for a moment is a failure of the disk, and not called somebody else's."""
    write_folder(contents, place)
    list_folder = os.scandir
    failing = left = 0
    while not left:  # until the listing that is to fail does not come
        failing += 1
        left = failing

        def list_or_fail(path: str) -> object:
            nonlocal left
            left -= 1
            if not left:
                raise OSError(errno.EIO, os.strerror(errno.EIO), path)
            return list_folder(path)

        with monkeypatch.context() as patch, contextlib.suppress(OutputError):
            patch.setattr(os, "scandir", list_or_fail)
            for globber in vars(glob).values():  # has a name of its own for it, from Python 3.13 on
                if isinstance(globber, type) and hasattr(globber, "scandir"):
                    patch.setattr(globber, "scandir", staticmethod(list_or_fail))
            check_output(place)  # OutputRefusedError is no OutputError
        left = max(left, 0)
    assert failing > 3


def test_link_to_a_folder(contents: Contents, place: Path, tmp_path: Path) -> None:
    """Through a symbolic link its target is filled, and the link stays."""
    (tmp_path / "link").symlink_to(place)
    write_folder(contents, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert tree(place) == tree_of(contents)


@symlinks
def test_links_inside_are_foreign(contents: Contents, place: Path, tmp_path: Path) -> None:
    """A symbolic link in the folder, even to an empty one, is not ours and is not followed."""
    (tmp_path / "elsewhere").mkdir()
    (place / "python").symlink_to(tmp_path / "elsewhere")
    with pytest.raises((OutputError, OutputRefusedError), match="'python', which"):
        write_folder(contents, place)


def test_two_builders(contents: Contents, place: Path) -> None:
    """Builders of one output at once each end well, and one whole tree stands."""
    with ThreadPoolExecutor(3) as threads:
        builds = [threads.submit(write_folder, contents, place / "layer") for _ in range(9)]
    assert [build.exception() for build in builds] == [None] * 9
    assert tree(place / "layer") == tree_of(contents)
    assert names_in(place) == ["layer"]


def test_check_beside_a_builder(contents: Contents, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check of an output waits while a build of it moves folders: between two moves the rest seems not ours."""
    write_folder(contents, place)
    moved, go_on = threading.Event(), threading.Event()

    def slow_replace(source: Path, destination: Path) -> None:
        replace(source, destination)
        moved.set()
        go_on.wait(30)

    monkeypatch.setattr("lambda_wheels.layers.folder.replace", slow_replace)
    with ThreadPoolExecutor(2) as threads:
        build = threads.submit(write_folder, contents, place)
        try:
            assert moved.wait(30)
            check = threads.submit(check_output, place)
            with pytest.raises(TimeoutError):
                check.result(timeout=0.2)
        finally:
            go_on.set()
        check.result()
        build.result()
    assert tree(place) == tree_of(contents)


def test_quicker_builder(contents: Contents, place: Path, tmp_path: Path) -> None:
    """Where the output appears while we write, it is filled in place if the other builder was one of ours."""
    other = contents_of(hand_made(tmp_path / "wheels", "third"))

    def build_other(event: ProgressEvent) -> None:
        if not (place / "layer").exists():
            write_folder(other, place / "layer")

    write_folder(contents, place / "layer", progress=build_other)
    assert tree(place / "layer") == tree_of(contents)
    assert names_in(place) == ["layer"]


def test_somebody_else_was_quicker(contents: Contents, place: Path) -> None:
    """Where somebody else's folder appears while we write, it stays as it is."""

    def make(event: ProgressEvent) -> None:
        (place / "layer").mkdir(exist_ok=True)
        (place / "layer/file").touch()

    with pytest.raises((OutputError, OutputRefusedError), match="output-not-ours"):
        write_folder(contents, place / "layer", progress=make)
    assert names_in(place) == ["layer"]
    assert names_in(place / "layer") == ["file"]


def test_many_files(tmp_path: Path, place: Path) -> None:
    """A layer of very many files is shared out to threads and arrives whole."""
    contents = contents_of(hand_made(tmp_path, files={f"demo/m{number}.py": b"x" * number for number in range(500)}))
    write_folder(contents, place)
    assert tree(place) == tree_of(contents)


@pytest.mark.hostile("Pulled plugs")
def test_failed_swap_is_undone(
    contents: Contents, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the new tree cannot take the place of the old one the old one comes back."""
    write_folder(contents, place)
    new = contents_of(hand_made(tmp_path / "wheels", "third"))
    real = shutil.move
    moves = 0

    def replace(source: Path, destination: Path) -> None:
        nonlocal moves
        moves += 1
        if moves == 4:
            raise PermissionError(13, "Permission denied")
        real(source, destination)

    monkeypatch.setattr("lambda_wheels.layers.folder.replace", replace)
    with pytest.raises((OutputError, OutputRefusedError), match="it is not permitted"):
        write_folder(new, place)
    assert moves > 4
    assert tree(place) == tree_of(contents)
    assert names_in(place) == ["bin", "lambda-wheels", "python"]


@pytest.mark.hostile("Pulled plugs")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_interrupted_swap_is_undone(
    contents: Contents, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, after: bool
) -> None:
    """Wherever Ctrl-C comes while the new tree takes the place of the old one, just before or after a move, the old one
    comes back and nothing else stays.
    """
    write_folder(contents, place)
    new = contents_of(hand_made(tmp_path / "wheels", "third"))
    moves = 0

    def interrupted(source: Path, destination: Path) -> None:
        nonlocal moves
        moves += 1
        if moves == count and not after:
            raise KeyboardInterrupt
        replace(source, destination)
        if moves == count and after:
            raise KeyboardInterrupt

    monkeypatch.setattr("lambda_wheels.layers.folder.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_folder(new, place)
    assert tree(place) == tree_of(contents)
    assert names_in(place) == ["bin", "lambda-wheels", "python"]


def test_swap_that_cannot_be_undone(
    contents: Contents, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be brought back stays aside, no file is lost, and the next build of the output goes well."""
    write_folder(contents, place)
    new = contents_of(hand_made(tmp_path / "wheels", "third"))
    moves = 0

    def stuck(source: Path, destination: Path) -> None:
        nonlocal moves
        moves += 1
        if moves >= 4:
            raise PermissionError(13, "Permission denied")
        replace(source, destination)

    with monkeypatch.context() as patch:
        patch.setattr("lambda_wheels.layers.folder.replace", stuck)
        with pytest.raises(OutputError, match="it is not permitted"):
            write_folder(new, place)
    (aside,) = (name for name in names_in(place) if name.startswith(".lambda-wheels-"))
    assert {**tree(place / aside / ".leaving"), **tree(place)}.items() >= tree_of(contents).items()
    write_folder(new, place)
    assert tree(place) == tree_of(new)
    assert names_in(place) == ["lambda-wheels", "python"]


class KilledError(BaseException):
    """What stands for a kill: whatever is tried after it fails as well."""


def killed_at(move: int, monkeypatch: pytest.MonkeyPatch, build: Callable[[], object]) -> None:
    """Let ``build`` be killed instead of its given move of a folder that another folder held, counted from 1."""
    moves = 0

    def killed(source: Path, destination: Path) -> None:
        nonlocal moves
        moves += 1
        if moves >= move:
            raise KilledError
        replace(source, destination)

    with monkeypatch.context() as patch:
        patch.setattr("lambda_wheels.layers.folder.replace", killed)
        patch.setattr("lambda_wheels.layers.staging._remove", lambda path: None)
        with pytest.raises(KilledError):
            build()


@pytest.mark.hostile("Pulled plugs")
@pytest.mark.parametrize(("move", "remains"), [(2, True), (3, True), (4, False), (5, False), (6, True), (6, False)])
def test_put_there_after_a_kill(
    contents: Contents, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, move: int, remains: bool
) -> None:
    """What somebody puts into a folder whose build was killed between two moves is never removed: the next build is
    refused, names it and where the old layer is, and once it has gone brings that back.
    """
    write_folder(contents, place)
    new = contents_of(hand_made(tmp_path / "wheels", "third"))
    killed_at(move, monkeypatch, lambda: write_folder(new, place))
    if not remains and (place / "python").exists():
        (place / "python").rename(tmp_path / "python")
    (place / "python").mkdir(exist_ok=True)
    (place / "python/mine.py").write_text("mine")
    before = tree(place)
    for refuse in (lambda: check_output(place), lambda: write_folder(new, place)):
        with pytest.raises(OutputRefusedError, match="output-not-ours") as raised:
            refuse()
        (problem,) = raised.value.problems
        assert "'python/mine.py'" in problem.message or (not remains and "'python'" in problem.message)
        assert (place / "python/mine.py").read_text() == "mine"
        if move >= 4:  # all had left
            assert tree(place) == before and ".lambda-wheels-" in problem.message
    (place / "python/mine.py").unlink()
    if not any((place / "python").iterdir()):
        (place / "python").rmdir()
    write_folder(new, place)
    assert tree(place) == tree_of(new)
    assert names_in(place) == ["lambda-wheels", "python"]


@pytest.mark.hostile("Pulled plugs")
@pytest.mark.parametrize(("move", "aside"), [(4, ".leaving"), (5, ".left")])
def test_copied_back_after_a_kill(
    contents: Contents, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, move: int, aside: str
) -> None:
    """Where somebody copied a part of the old layer back, which is in the way of the rest, the next build is refused
    and moves nothing, though all that is there was once written by us.
    """
    write_folder(contents, place)
    new = contents_of(hand_made(tmp_path / "wheels", "third"))
    killed_at(move, monkeypatch, lambda: write_folder(new, place))
    (stage,) = place.glob(".lambda-wheels-*")
    shutil.copytree(stage / aside / "python", place / "python")
    before = tree(place)
    with pytest.raises(OutputRefusedError, match="output-not-ours") as raised:
        write_folder(new, place)
    assert repr(str(stage / aside)) in raised.value.problems[0].message
    assert tree(place) == before
    shutil.rmtree(place / "python")
    check_output(place)
    assert tree(place) == tree_of(contents)


@pytest.mark.hostile("Pulled plugs")
@pytest.mark.parametrize("move", range(2, 8))
def test_killed_after_a_quicker_builder(
    contents: Contents, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, move: int
) -> None:
    """Where the output appeared while we wrote, and we are killed at any move in it, the next build goes well."""
    other = contents_of(hand_made(tmp_path / "wheels", "third"))

    def build_other(event: ProgressEvent) -> None:
        if not (place / "layer").exists():
            shutil.copytree(tmp_path / "other", place / "layer")

    write_folder(other, tmp_path / "other")
    killed_at(move, monkeypatch, lambda: write_folder(contents, place / "layer", progress=build_other))
    write_folder(contents, place / "layer")
    assert tree(place / "layer") == tree_of(contents)
    assert names_in(place / "layer") == ["bin", "lambda-wheels", "python"]


def test_held_for_a_moment(contents: Contents, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new tree that the system holds for a moment, as a virus scanner does, appears a moment later."""
    refusals = 0
    for name in ("rename", "replace"):
        real = getattr(os, name)

        def move(source: Path, destination: Path, real: Callable[..., None] = real) -> None:
            nonlocal refusals
            if destination == place / "layer" and not refusals:
                refusals += 1
                raise PermissionError(13, "Permission denied")
            real(source, destination)

        monkeypatch.setattr(os, name, move)
    monkeypatch.setattr("lambda_wheels.store.atomic.RETRY_SECONDS", 2.0)
    write_folder(contents, place / "layer")
    assert refusals == 1
    assert tree(place / "layer") == tree_of(contents)


@pytest.mark.parametrize("existing", [True, False])
@pytest.mark.parametrize("damage", ["flipped", "short", "gone"])
def test_damaged_wheel(contents: Contents, place: Path, damage: str, existing: bool) -> None:
    """A wheel that changed since it was proven is noticed while it is inflated, and nothing is left behind."""
    source = next(entry.source for entry in contents.entries if entry.path == "python/demo/large.bin")
    assert not isinstance(source, bytes)
    raw = bytearray(source.wheel.read_bytes())
    raw[source.member.offset + source.member.compressed_size // 2] ^= 1
    match damage:
        case "flipped":
            source.wheel.write_bytes(raw)
        case "short":
            source.wheel.write_bytes(raw[: source.member.offset + 1])
        case "gone":
            source.wheel.unlink()
    output = place if existing else place / "layer"
    with pytest.raises((OutputError, OutputRefusedError)) as raised:
        write_folder(contents, output)
    assert raised.value.problems[0].rule == "wheel-changed"
    assert names_in(place) == []
