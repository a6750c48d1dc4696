"""An output appears complete or not at all."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from lambda_wheels.errors import OutputError, OutputRefusedError
from lambda_wheels.layers import Contents, check_output, write_folder, write_layer, write_zip
from lambda_wheels.progress import ProgressEvent
from tests.layers.hand_made import contents_of, hand_made
from tests.layers.trees import names_in

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such thing")

FORMS: list[tuple[str, Callable[..., object]]] = [("layer.zip", write_zip), ("layer", write_folder)]
forms = pytest.mark.parametrize(("name", "write"), FORMS, ids=["zip", "folder"])


class _Stop(BaseException):
    """As sudden as Ctrl-C."""


@forms
@pytest.mark.parametrize("error", [_Stop, KeyboardInterrupt, ValueError, BrokenPipeError])
@pytest.mark.parametrize("after", [0, 1])
def test_stopped_by_the_caller(
    contents: Contents, place: Path, name: str, write: Callable[..., object], error: type[BaseException], after: int
) -> None:
    """What the progress callback raises reaches the caller, and nothing is left behind."""
    events = 0

    def stop(event: ProgressEvent) -> None:
        nonlocal events
        events += 1
        if events > after:
            raise error

    with pytest.raises(error):
        write(contents, place / name, progress=stop)
    assert names_in(place) == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        pytest.param(errno.ENOSPC, "no space is left on the disk; free some space", id="full disk"),
        pytest.param(errno.EIO, os.strerror(errno.EIO), id="input/output error"),
    ],
)
def test_disk_fails(contents: Contents, place: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str) -> None:
    """What the system says is said in one line, and an earlier output stays."""
    (place / "layer.zip").write_bytes(b"earlier")

    def fail(source: object, destination: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises((OutputError, OutputRefusedError)) as raised:
        write_zip(contents, place / "layer.zip")
    (problem,) = raised.value.problems
    assert problem.rule == "output-failed" and words in str(problem) and "layer.zip" in problem.message
    assert names_in(place) == ["layer.zip"]
    assert (place / "layer.zip").read_bytes() == b"earlier"


_LIMITED = textwrap.dedent(
    """
    import resource, sys
    from pathlib import Path
    sys.path.insert(0, sys.argv[1])
    from lambda_wheels.errors import OutputError, OutputRefusedError
    from lambda_wheels.layers import write_folder, write_zip
    from tests.layers.hand_made import contents_of, hand_made
    wheel = hand_made(Path("wheels"), files={"large.bin": b"x" * 3_000_000})
    contents = contents_of(wheel)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
    for write, name in ((write_zip, "layer.zip"), (write_folder, "layer")):
        try:
            write(contents, Path(name))
        except (OutputError, OutputRefusedError) as error:
            print(error)
    """
)


@posix
@pytest.mark.process
def test_file_size_limit(place: Path) -> None:
    """A limit on the size of files is an error in one line, and nothing is left behind."""
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(Path(__file__).parents[2])],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr, len(lines)) == (0, "", 2)
    assert all("larger than the file system or this process may write" in line for line in lines)
    assert names_in(place) == ["wheels"]


def _folder(path: Path) -> None:
    path.mkdir()


def _file(path: Path) -> None:
    path.write_bytes(b"mine")


def _dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


def _fifo(path: Path) -> None:
    if sys.platform != "win32":
        os.mkfifo(path)


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        pytest.param("layer.zip", _folder, "it is a folder, and a file was asked for", id="zip: a folder"),
        pytest.param("layer", _file, "it is a file, and a folder was asked for", id="folder: a file"),
        pytest.param(
            "layer.zip", _dangling, "it is a symbolic link that leads nowhere", id="zip: a dangling link", marks=posix
        ),
        pytest.param(
            "layer", _dangling, "it is a symbolic link that leads nowhere", id="folder: a dangling link", marks=posix
        ),
        pytest.param(
            "layer", _loop, "it is a symbolic link that leads nowhere", id="folder: a link to itself", marks=posix
        ),
        pytest.param("layer.zip", _fifo, "it is not a plain file", id="zip: a pipe", marks=posix),
        pytest.param("layer", _fifo, "it is a file, and", id="folder: a pipe", marks=posix),
        pytest.param("no/layer.zip", None, "its folder does not exist", id="zip: no folder"),
        pytest.param("no/layer", None, "its folder does not exist", id="folder: no folder"),
        pytest.param("x" * 300 + ".zip", None, "its name is too long", id="zip: too long", marks=posix),
        pytest.param("x" * 300, None, "its name is too long", id="folder: too long", marks=posix),
        pytest.param("a\0.zip", None, "null", id="zip: NUL"),
        pytest.param("a\0", None, "null", id="folder: NUL"),
    ],
)
def test_refused(contents: Contents, place: Path, name: str, make: Callable[[Path], None] | None, words: str) -> None:
    """What cannot become the output is refused before anything is done and again when it is written."""
    output = place / name
    if make is not None:
        make(output)
    before = names_in(place)
    for refuse in (lambda: check_output(output), lambda: write_layer(contents, output, pip_command="")):
        with pytest.raises((OutputError, OutputRefusedError)) as raised:
            refuse()
        (problem,) = raised.value.problems
        assert problem.rule == "output-refused" and words in problem.message
        assert "\n" not in str(problem)
    assert names_in(place) == before


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
@forms
def test_not_permitted(contents: Contents, place: Path, name: str, write: Callable[..., object]) -> None:
    """A folder that we may not write in is an error in one line."""
    place.chmod(0o555)
    try:
        with pytest.raises((OutputError, OutputRefusedError), match="it is not permitted"):
            check_output(place / name)
        with pytest.raises((OutputError, OutputRefusedError), match="it is not permitted"):
            write(contents, place / name)
    finally:
        place.chmod(0o755)


@posix
def test_zip_through_a_link(contents: Contents, place: Path, tmp_path: Path) -> None:
    """Through a symbolic link to a file that file is replaced, and the link stays."""
    (tmp_path / "target.zip").write_bytes(b"earlier")
    (place / "layer.zip").symlink_to(tmp_path / "target.zip")
    written = write_zip(contents, place / "layer.zip")
    assert (place / "layer.zip").is_symlink()
    assert (tmp_path / "target.zip").stat().st_size == written.size


@pytest.mark.parametrize("name", ["new.zip", "new", "old.zip", "empty", "ours"])
def test_fine(contents: Contents, place: Path, name: str) -> None:
    """What can become the output passes the check, which changes nothing."""
    (place / "old.zip").write_bytes(b"earlier")
    (place / "empty").mkdir()
    write_folder(contents, place / "ours")
    before = names_in(place)
    check_output(place / name)
    assert names_in(place) == before


@pytest.mark.parametrize("name", ["a b.zip", "größer.zip", "new\nline.zip", "LAYER.ZIP", "x" * 251 + ".zip"])
def test_odd_names(contents: Contents, place: Path, name: str) -> None:
    """A name is a name, however odd or long."""
    if os.name == "nt" and "\n" in name:
        pytest.skip("Windows has no such names")
    assert write_layer(contents, place / name, pip_command="").zip_size == contents.zip_size
    assert names_in(place) == [name]


@pytest.mark.parametrize("damage", ["short", "gone"])
def test_damaged_wheel(contents: Contents, place: Path, damage: str) -> None:
    """A wheel that went while its bytes are copied is an error about the wheel; an earlier output stays."""
    (place / "layer.zip").write_bytes(b"earlier")
    wheel = next(entry.source.wheel for entry in contents.entries if not isinstance(entry.source, bytes))
    if damage == "gone":
        wheel.unlink()
    else:
        wheel.write_bytes(wheel.read_bytes()[:20])
    with pytest.raises((OutputError, OutputRefusedError)) as raised:
        write_zip(contents, place / "layer.zip")
    (problem,) = raised.value.problems
    assert (problem.rule, problem.wheel) == ("wheel-changed", wheel.name)
    assert names_in(place) == ["layer.zip"] and (place / "layer.zip").read_bytes() == b"earlier"


def test_layer_as_a_zip(tmp_path: Path, place: Path) -> None:
    """What is said of a zip, under the names of ``--json``."""
    contents = contents_of(hand_made(tmp_path))
    layer = write_layer(contents, place / "layer.zip", pip_command="pip install demo")
    said = layer.as_dict()
    assert layer.sha256 is not None and layer.code_sha256 is not None
    assert layer.code_sha256.endswith("=") and len(layer.code_sha256) == 44
    assert said == {
        "path": str(place / "layer.zip"),
        "sha256": layer.sha256,
        "code_sha256": layer.code_sha256,
        "content_sha256": contents.content_sha256,
        "zip_size": (place / "layer.zip").stat().st_size,
        "unzipped_size": contents.unzipped_size,
        "wheels": [
            {
                "name": "demo",
                "version": "1.0",
                "filename": "demo-1.0-py3-none-any.whl",
                "sha256": contents.wheels[0].sha256,
                "size": contents.wheels[0].size,
                "tags": ["py3-none-any"],
            }
        ],
        "targets": [{"runtime": "python3.13", "architecture": "arm64"}],
        "compatible_runtimes": list(layer.compatible_runtimes),
        "compatible_architectures": ["x86_64", "arm64"],
        "warnings": [],
        "passed_over": [],
        "pip_command": "pip install demo",
    }
    assert set(said) == set(type(layer).__dataclass_fields__)


def test_layer_as_a_folder(tmp_path: Path, place: Path) -> None:
    """A folder has no sha256, no code_sha256 and no zip size."""
    layer = write_layer(contents_of(hand_made(tmp_path)), place / "layer", pip_command="")
    assert (layer.sha256, layer.code_sha256, layer.zip_size) == (None, None, None)
    assert layer.path == place / "layer"
