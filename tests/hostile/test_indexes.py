"""An index that fails, in whichever way: the build recovers or names the cause. (Starts pip; loopback.)"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import lambda_wheels
from lambda_wheels import LambdaWheelsError
from tests.conftest import Tried
from tests.hostile.index_cases import ANYWHERE, NO_INDEX, PAGES, RECOVERED, WHEEL, link
from tests.index_server import Fault, IndexServer, Listing
from tests.loopback import TARGET, stored_wheels
from tests.wheel_factory import make_wheel

pytestmark = [pytest.mark.pip, pytest.mark.once, pytest.mark.hostile("Indexes")]

BOUND = 240.0
"""Seconds within which everything has to have an end; most of it takes one."""

PATHS = {"page": "/simple/*", "metadata": "/files/*.metadata", "wheel": "/files/*.whl"}
COMMANDS = ("build", "lock", "fetch", "from a lock")
PLACES = ("extra", "only")


@pytest.fixture
def failing(tmp_path: Path) -> Iterator[IndexServer]:
    """An index with the newer demo; the other one, ``index``, has an older one of the same name."""
    folder = tmp_path / "failing"
    folder.mkdir()
    make_wheel(folder, "demo", "9.0")
    with IndexServer(folder) as server:
        yield server


def run(command: str, given: Any, out: Path, **options: Any) -> list[str]:
    """One of the commands; the versions that it chose."""
    if command == "lock":
        lambda_wheels.lock(given, **TARGET, output=out / "pylock.toml", **options)
        return [line for line in (out / "pylock.toml").read_text().splitlines() if line.startswith("version =")]
    if command == "fetch":
        wheels = lambda_wheels.fetch_wheels(given, **TARGET, output=out / "wheels", **options)
        return [str(wheel.version) for wheel in wheels]
    layer = lambda_wheels.build_layer(given, **TARGET, output=out / "layer.zip", **options)
    return [str(wheel.version) for wheel in layer.wheels]


def rule_of(what: str, part: str) -> str:
    """The whole name of the rule."""
    return what if what == NO_INDEX else f"{'index' if part == 'page' else 'file'}-{what}"


def refused(
    index: IndexServer,
    failing: IndexServer,
    out: Path,
    store: Path,
    *,
    command: str,
    place: str,
    part: str,
    fault: Fault,
) -> LambdaWheelsError:
    """The error of a command against the failing index; what always holds is looked at."""
    given: Any = "demo"
    options: dict[str, Any] = {"retries": 1, "timeout": 1}
    if place == "extra":
        options |= {"index_url": index.url, "extra_index_url": failing.url}
    else:
        options |= {"index_url": failing.url}
    if command == "from a lock":
        lambda_wheels.lock("demo", **TARGET, output=out / "pylock.toml", **options)
        given = out / "pylock.toml"
        for wheel in store.glob("v*/wheels/**/*.whl"):
            wheel.unlink()
    before = sorted(out.iterdir())
    failing.fail(PATHS[part], fault)
    started = time.monotonic()
    with pytest.raises(LambdaWheelsError) as caught:
        run(command, given, out, **options)
    assert time.monotonic() - started < BOUND
    failing.mend()
    error = caught.value
    lines = str(error).splitlines()
    assert len(lines) == len(error.problems) == 1, lines
    assert lines[0].isprintable()
    assert len(lines[0]) < 1000
    assert sorted(out.iterdir()) == before
    assert stored_wheels(store) == []
    return error


def combinations(part: str, place: str) -> Iterator[tuple[str, str]]:
    """All faults that ``part`` can have, with the commands in turn: what reads an index is the same code for all."""
    commands = {"page": COMMANDS[:3], "metadata": COMMANDS[:3], "wheel": COMMANDS}[part]
    faults = [*ANYWHERE, *PAGES] if part == "page" else [*ANYWHERE]
    first = PLACES.index(place)
    for number, fault in enumerate(faults, first):
        yield fault, commands[number % len(commands)]


SAMPLE = [
    ("429 and a day", "build", "extra", "page"),
    ("body that drips for ever", "build", "extra", "page"),
    ("does not end", "build", "only", "page"),
    ("a part of it", "build", "extra", "page"),
    ("portal that offers a file", "build", "extra", "page"),
    ("length that is too small", "build", "extra", "page"),
    ("a file of this disk", "build", "extra", "page"),
    ("a file that is empty", "lock", "extra", "page"),
    ("a byte now and then", "from a lock", "only", "wheel"),
    ("does not end", "build", "only", "metadata"),
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("part", PATHS)
def test_every_fault(
    index: IndexServer,
    failing: IndexServer,
    served: Path,
    out: Path,
    store: Path,
    at_length: bool,
    tried: Tried,
    part: str,
    place: str,
) -> None:
    """Each fault of page, metadata or wheel, of the only or a further index, the commands taking turns: its cause is
    told in a line, in bounded time, the output is untouched, and the other index's older release never taken."""
    make_wheel(served, "demo", "1.0")
    sample = [(fault, command) for fault, command, *where in SAMPLE if where == [place, part]]
    for fault, command in combinations(part, place) if at_length else sample:
        how, what = (ANYWHERE | PAGES)[fault]
        error = refused(index, failing, out, store, command=command, place=place, part=part, fault=how)
        case = f"{fault}, {part}, {place}, {command}: {error}"
        assert error.problems[0].rule == rule_of(what, part), case
        assert error.exit_code == 3, case
        (out / "pylock.toml").unlink(missing_ok=True)
        tried(1)
    tried(0)


@pytest.mark.parametrize("part", PATHS)
def test_what_passes(
    index: IndexServer, failing: IndexServer, served: Path, out: Path, at_length: bool, tried: Tried, part: str
) -> None:
    """A fault that passes is tried again, with pauses, and the build is what it would have been."""
    make_wheel(served, "demo", "1.0")
    cases = [*RECOVERED] if at_length else ["429 without a pause, twice"] * (part == "page")
    for number, case in enumerate(cases):
        make_wheel(failing.folder, "demo", f"9.{number + 1}")  # so that no wheel is in the store
        failing.fail(PATHS[part], RECOVERED[case]())
        options: dict[str, Any] = {"index_url": index.url, "extra_index_url": failing.url, "timeout": 2}
        assert run("build", "demo", out, retries=5, **options) == [f"9.{number + 1}"], case
        failing.mend()
        tried(1)
    tried(0)


@pytest.mark.long
def test_page_of_100_megabytes(index: IndexServer, served: Path, out: Path) -> None:
    """A page of 100 MB is read, and one of 150 MB is refused."""
    make_wheel(served, "demo", "1.0")
    index.fail("/simple/*", Fault.large(size=100_000_000))
    assert run("build", "demo", out, index_url=index.url) == ["1.0"]
    index.mend()
    index.fail("/simple/*", Fault.large(size=150_000_000))
    with pytest.raises(LambdaWheelsError, match="index-failed"):
        run("build", "demo", out, index_url=index.url)


@pytest.mark.long
@pytest.mark.parametrize("where", ["page", "file", "link"])
def test_credentials_stay(tmp_path: Path, index: IndexServer, served: Path, out: Path, where: str) -> None:
    """The credentials of an index go to no other host or port, by whichever redirect or link it leads there."""
    make_wheel(served, "demo", "9.0")
    private = tmp_path / "private"
    private.mkdir()
    shutil.copy(served / WHEEL, private)
    with IndexServer(private, auth=("alice", "sesame")) as secret:
        if where == "page":
            secret.fail("/simple/*", Fault.redirect(f"{index.url}demo/"))
        elif where == "file":
            secret.fail("/files/*.whl", Fault.redirect(index.file_url(WHEEL)))
        else:
            secret.fail("/simple/*", link(index.file_url(WHEEL)))
        assert run("build", "demo", out, index_url=secret.url_with_credentials) == ["9.0"]
        assert index.requests
        for request in index.requests:
            assert "authorization" not in request.headers
            assert "sesame" not in request.path


@pytest.mark.long
@pytest.mark.parametrize(
    ("case", "rule"),
    [
        ("sha256", "hash-mismatch"),
        ("sha512", "hash-mismatch"),
        ("md5", "no-sha256"),
        ("none", ""),
        ("body", "hash-mismatch"),
    ],
)
def test_hashes(index: IndexServer, served: Path, out: Path, store: Path, case: str, rule: str) -> None:
    """A digest that is false, of another kind or not there: only the last is taken, and then what came is hashed."""
    make_wheel(served, "demo", "9.0")
    if case == "body":
        index.fail("/files/*.whl", Fault.wrong_body())
    else:
        digests = {"sha256": "0" * 64, "sha512": "0" * 128, "none": ""}
        digests["md5"] = hashlib.md5((served / WHEEL).read_bytes()).hexdigest()
        index.fail("/simple/*", link(f"/files/{WHEEL}" + (f"#{case}={digests[case]}" if digests[case] else "")))
    if not rule:
        assert run("build", "demo", out, index_url=index.url) == ["9.0"]
        return
    with pytest.raises(LambdaWheelsError, match=rule):
        run("build", "demo", out, index_url=index.url)
    assert list(out.iterdir()) == []
    assert stored_wheels(store) == []


@pytest.mark.long
def test_yanked(served: Path, out: Path) -> None:
    """A release that was withdrawn is taken only with ``==``, and with a warning."""
    make_wheel(served, "demo", "1.0")
    make_wheel(served, "demo", "9.0")
    with IndexServer(served, listing=Listing(yanked={WHEEL: "oops\n\x1b[31m"})) as index:
        assert run("build", "demo", out, index_url=index.url) == ["1.0"]
        layer = lambda_wheels.build_layer("demo==9.0", **TARGET, output=out / "b.zip", index_url=index.url)
    assert [problem.rule for problem in layer.warnings] == ["yanked"]
    assert str(layer.warnings[0]).isprintable()
