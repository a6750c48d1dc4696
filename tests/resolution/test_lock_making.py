"""One lock says for each of several targets what was chosen for it, in as few entries as that takes. (Pure.)"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from packaging.pylock import Pylock
from packaging.utils import parse_wheel_filename

from lambda_wheels.errors import ResolutionError
from lambda_wheels.problems import Severity
from lambda_wheels.resolution.lock_file import lock_text
from lambda_wheels.resolution.lock_making import check_lock, make_lock, queries_left_out
from lambda_wheels.resolution.locked import select
from lambda_wheels.resolution.resolution import Resolution, ResolvedWheel
from lambda_wheels.targets import Target

FOLDER = Path("/nowhere/workshop").absolute()
INDEX = "https://index.example.org/simple"
ARM, INTEL = Target("python3.13", "arm64"), Target("python3.13", "x86_64")
OLD_ARM, OLD_INTEL = Target("python3.11", "arm64"), Target("python3.11", "x86_64")


def chosen(filename: str, *, url: str | None = None, direct: bool = False, index: str = INDEX) -> ResolvedWheel:
    """A wheel that pip chose; its sha256 is that of its name."""
    name, version, _, _ = parse_wheel_filename(filename)
    return ResolvedWheel(
        name=name,
        version=version,
        filename=filename,
        url=url or f"https://files.example.org/{filename}",
        sha256=hashlib.sha256(filename.encode()).hexdigest(),
        direct=direct,
        index=index,
    )


def resolution(target: Target, *wheels: ResolvedWheel, until: str = "") -> Resolution:
    """What was chosen for a target."""
    return Resolution(target=target, wheels=tuple(sorted(wheels, key=lambda one: one.name)), uploaded_prior_to=until)


def made(resolutions: Iterable[Resolution]) -> Pylock:
    """The lock, which is valid, and says for each target what was chosen."""
    resolutions = list(resolutions)
    sizes = {wheel.sha256: len(wheel.filename) for one in resolutions for wheel in one.wheels}
    lock = make_lock(resolutions, sizes, FOLDER)
    lock.validate()
    check_lock(lock, FOLDER / "pylock.toml", resolutions)
    for one in resolutions:
        read = select(lock, FOLDER / "pylock.toml", one.target)
        assert [wheel.filename for wheel in read.wheels] == [wheel.filename for wheel in one.wheels]
        assert [wheel.sha256 for wheel in read.wheels] == [wheel.sha256 for wheel in one.wheels]
        assert all(wheel.size == len(wheel.filename) for wheel in read.wheels)
    return lock


def shown(lock: Pylock) -> list[tuple[str, str, str, list[str]]]:
    """Of each entry its name, version, marker, and the tags of its wheels."""
    return [
        (
            package.name,
            str(package.version),
            str(package.marker or ""),
            [wheel.filename.split("-", 2)[2].removesuffix(".whl") for wheel in package.wheels or ()],
        )
        for package in lock.packages
    ]


def test_one_target() -> None:
    """For one target there is no marker, and where, how large and which hash stands with each wheel."""
    lock = made([resolution(ARM, chosen("b-1.0-py3-none-any.whl"), chosen("a-2.0-py3-none-any.whl"))])
    assert [package.name for package in lock.packages] == ["a", "b"]
    assert (str(lock.lock_version), lock.created_by, lock.tool) == ("1.0", "lambda-wheels", None)
    assert [str(marker) for marker in lock.environments or ()] == [
        'python_version == "3.13" and platform_machine == "aarch64" and sys_platform == "linux"'
        ' and implementation_name == "cpython"'
    ]
    first = lock.packages[0]
    assert (first.marker, first.index, first.requires_python) == (None, INDEX, None)
    [wheel] = first.wheels or ()
    assert (wheel.url, wheel.path, wheel.name) == (
        "https://files.example.org/a-2.0-py3-none-any.whl",
        None,
        "a-2.0-py3-none-any.whl",
    )
    assert list(wheel.hashes) == ["sha256"]


def test_targets_that_agree() -> None:
    """Where targets agree on a version there is one entry, with the wheels of all of them, each once."""
    native = {target: chosen(f"n-1.0-cp313-cp313-manylinux_2_28_{target.machine}.whl") for target in (ARM, INTEL)}
    pure = chosen("p-1.0-py3-none-any.whl")
    lock = made(resolution(target, native[target], pure) for target in (ARM, INTEL))
    assert shown(lock) == [
        ("n", "1.0", "", ["cp313-cp313-manylinux_2_28_aarch64", "cp313-cp313-manylinux_2_28_x86_64"]),
        ("p", "1.0", "", ["py3-none-any"]),
    ]


def test_targets_that_differ() -> None:
    """Where they differ there are entries with markers, by version; what only some need has a marker as well."""
    lock = made(
        [
            resolution(ARM, chosen("n-10.0-py3-none-any.whl")),
            resolution(INTEL, chosen("n-10.0-py3-none-any.whl"), chosen("x-1.0-py3-none-any.whl")),
            resolution(OLD_ARM, chosen("n-9.0-py3-none-any.whl")),
            resolution(OLD_INTEL, chosen("n-9.0-py3-none-any.whl"), chosen("x-1.0-py3-none-any.whl")),
        ]
    )
    assert shown(lock) == [
        ("n", "9.0", 'python_version == "3.11"', ["py3-none-any"]),
        ("n", "10.0", 'python_version == "3.13"', ["py3-none-any"]),
        ("x", "1.0", 'platform_machine == "x86_64"', ["py3-none-any"]),
    ]


def test_wheels_that_fit_several_targets() -> None:
    """A wheel that one target chose does not become another's, though it would run there too."""
    lock = made(
        [
            resolution(OLD_INTEL, chosen("n-1.0-cp39-abi3-manylinux_2_17_x86_64.whl")),
            resolution(INTEL, chosen("n-1.0-cp39-abi3-manylinux_2_28_x86_64.whl")),
            resolution(ARM, chosen("n-1.0-py3-none-any.whl")),
        ]
    )
    assert [len(package.wheels or ()) for package in lock.packages] == [3]


def test_order_does_not_matter() -> None:
    """The lock is the same to the byte whatever the order in which targets were chosen for."""
    all_of_them = [
        resolution(ARM, chosen("n-2.0-cp313-cp313-linux_aarch64.whl"), chosen("p-1.0-py3-none-any.whl")),
        resolution(INTEL, chosen("n-2.0-cp313-cp313-linux_x86_64.whl")),
        resolution(OLD_ARM, chosen("n-1.0-py3-none-any.whl")),
        resolution(OLD_INTEL, chosen("n-2.0-py3-none-any.whl")),
    ]
    assert len({lock_text(made(some)) for some in permutations(all_of_them)}) == 1


def test_one_file_name_for_two_files() -> None:
    """A file that was replaced on the index between two targets is noticed, as is a project that is too many."""
    demo = chosen("demo-1.0-py3-none-any.whl")
    other = replace(demo, sha256="0" * 64)
    both = [resolution(ARM, demo), resolution(INTEL, other)]
    lock = make_lock(both, {demo.sha256: 1, other.sha256: 1}, FOLDER)
    with pytest.raises(ResolutionError) as caught:
        check_lock(lock, FOLDER / "pylock.toml", both)
    [problem] = caught.value.problems
    assert (problem.rule, problem.project) == ("bad-lock", "demo")
    assert "python3.13 on x86_64" in problem.message and demo.sha256 in problem.message
    more = resolution(ARM, demo, chosen("more-1.0-py3-none-any.whl"))
    for chosen_then, read in ((more, resolution(ARM, demo)), (resolution(ARM, demo), more)):
        lock = make_lock([read], {wheel.sha256: 1 for wheel in more.wheels}, FOLDER)
        with pytest.raises(ResolutionError) as caught:
            check_lock(lock, FOLDER / "pylock.toml", [chosen_then])
        assert [problem.project for problem in caught.value.problems] == ["more"]


def test_wheels_by_url() -> None:
    """A wheel that was asked for by its URL is an archive, so that it is known for one."""
    url = "https://files.example.org/demo-1.0-py3-none-any.whl"
    [package] = made([resolution(ARM, chosen("demo-1.0-py3-none-any.whl", url=url, direct=True, index=""))]).packages
    assert package.archive is not None
    assert (package.archive.url, package.wheels, package.index) == (url, None, None)
    assert package.archive.size == len("demo-1.0-py3-none-any.whl")


def test_one_version_from_two_places() -> None:
    """One version by its URL for one target, from an index for the other, is two entries."""
    by_url = chosen("demo-1.0-cp313-cp313-linux_aarch64.whl", direct=True, index="")
    lock = made(
        [resolution(ARM, by_url), resolution(INTEL, chosen("demo-1.0-py3-none-any.whl"))],
    )
    assert {str(package.marker): package.archive is not None for package in lock.packages} == {
        'platform_machine == "aarch64"': True,
        'platform_machine == "x86_64"': False,
    }


@pytest.mark.parametrize(
    ("place", "url", "path"),
    [
        pytest.param(FOLDER / "wheels", None, "wheels/demo-1.0-py3-none-any.whl", id="below the lock"),
        pytest.param(FOLDER / "my wheels", None, "my wheels/demo-1.0-py3-none-any.whl", id="with a space"),
        pytest.param(
            FOLDER.parent / "other", (FOLDER.parent / "other/demo-1.0-py3-none-any.whl").as_uri(), None, id="elsewhere"
        ),
        pytest.param(
            FOLDER.parent / "workshops",
            (FOLDER.parent / "workshops/demo-1.0-py3-none-any.whl").as_uri(),
            None,
            id="a folder with a longer name",
        ),
    ],
)
@pytest.mark.parametrize("direct", [True, False])
def test_wheels_on_this_disk(place: Path, url: str | None, path: str | None, direct: bool) -> None:
    """A wheel below the folder of the lock is named by its path from there, so that the folder may be moved."""
    name = "demo-1.0-py3-none-any.whl"
    [package] = made([resolution(ARM, chosen(name, url=(place / name).as_uri(), direct=direct, index=""))]).packages
    file = package.archive or (package.wheels or ())[0]
    assert (file.url, file.path) == (url, path)


@pytest.mark.parametrize("direct", [True, False])
def test_no_secret(direct: bool) -> None:
    """Neither a password nor a token of the address of a wheel is written down."""
    name = "demo-1.0-py3-none-any.whl"
    demo = chosen(name, url=f"https://alice:sesame@files.example.org/{name}?token=sesame", direct=direct)
    text = lock_text(make_lock([resolution(ARM, demo)], {demo.sha256: 1}, FOLDER))
    assert f"https://files.example.org/{name}" in text
    assert not any(secret in text for secret in ("alice", "sesame", "token"))


@pytest.mark.parametrize(
    ("until", "tool"),
    [
        pytest.param(["", ""], None, id="none"),
        pytest.param(
            ["2026-01-01T00:00:00+00:00"] * 2,
            {"lambda-wheels": {"uploaded-prior-to": "2026-01-01T00:00:00+00:00"}},
            id="a time",
        ),
    ],
)
def test_cooldown(until: list[str], tool: object) -> None:
    """The time before which everything was uploaded stands in our own table, and only if there was one."""
    demo = chosen("demo-1.0-py3-none-any.whl")
    lock = made(resolution(target, demo, until=one) for target, one in zip((ARM, INTEL), until, strict=True))
    assert lock.tool == tool


def test_queries_left_out() -> None:
    """One warning counts the files whose URLs have a query, each once, and names their hosts, not their queries."""
    signed = [
        chosen(f"{name}-1.0-py3-none-any.whl", url=f"https://u:p@{host}/{name}-1.0-py3-none-any.whl?sig=sesame")
        for name, host in (("a", "two.example"), ("b", "one.example:8443"))
    ]
    plain = [chosen("c-1.0-py3-none-any.whl"), chosen("d-1.0-py3-none-any.whl", url="file:///x/d-1.0-py3-none-any.whl")]
    assert queries_left_out([resolution(ARM, *plain)]) == []
    [one] = queries_left_out([resolution(ARM, signed[0], *plain)])
    assert one.message.startswith("the URL of 1 file of two.example has a query, which the lock leaves out")
    [both] = queries_left_out([resolution(ARM, *signed, *plain), resolution(INTEL, *signed)])
    assert (both.rule, both.severity, both.project) == ("lock-without-query", Severity.WARNING, None)
    assert both.message.startswith("the URLs of 2 files of one.example, two.example have a query, ")
    assert "sesame" not in str(both)
