"""What a lock names for a target, and every entry that cannot be used, named by its project. (Pure.)"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from packaging.pylock import Pylock
from packaging.utils import canonicalize_name

from lambda_wheels.errors import ResolutionError
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.resolution.lock_entries import filename_of, files_of
from lambda_wheels.resolution.locked import left_out, select
from lambda_wheels.targets import Target
from lambda_wheels.wheels import read_wheel
from tests.resolution.locks import HOST, SHA256, entry, lock_of, wheel
from tests.wheel_factory import make_wheel

ARM, INTEL, OLD = Target("python3.13", "arm64"), Target("python3.13", "x86_64"), Target("python3.11", "arm64")
PLACE = Path("/nowhere/project/pylock.toml").absolute()


def refusal(lock: Pylock, target: Target = ARM) -> list[Problem]:
    """Why ``lock`` cannot be used for ``target``."""
    with pytest.raises(ResolutionError) as caught:
        select(lock, PLACE, target)
    return list(caught.value.problems)


# --- What can be used -------------------------------------------------------------------------------------------------


def test_what_a_lock_says() -> None:
    """Everything that a lock says of a wheel is kept: it is all held later."""
    file = wheel(size=7, hashes={"sha256": "A" * 64, "SHA512": "B" * 128, "md5": "c" * 32})
    [found] = select(lock_of(entry(file, index="https://index.example.org/simple")), PLACE, ARM).wheels
    assert (found.name, str(found.version), found.filename) == ("demo", "1.0", "demo-1.0-py3-none-any.whl")
    assert (found.url, found.size, found.sha256) == (f"{HOST}/demo-1.0-py3-none-any.whl", 7, SHA256)
    assert found.hashes == (("md5", "c" * 32), ("sha512", "b" * 128))
    assert (found.index, found.direct, found.told) == ("https://index.example.org/simple", False, None)


def test_index_with_a_password() -> None:
    """A password in the address of an index, which another tool may have left there, goes no further."""
    lock = lock_of(entry(wheel(), index="https://alice:sesame@index.example.org/simple"))
    [found] = select(lock, PLACE, ARM).wheels
    assert found.index == "https://index.example.org/simple"


def test_order() -> None:
    """The wheels come by name, whatever the order of the entries."""
    names = ["zebra", "a", "m"]
    lock = lock_of(*(entry(wheel(f"{name}-1.0-py3-none-any.whl"), name=name) for name in names))
    assert [found.name for found in select(lock, PLACE, ARM).wheels] == sorted(names)


@pytest.mark.parametrize(
    ("target", "filename"),
    [
        pytest.param(ARM, "demo-1.0-cp313-cp313-manylinux_2_28_aarch64.whl", id="the best of several"),
        pytest.param(OLD, "demo-1.0-cp39-abi3-manylinux_2_17_aarch64.whl", id="the stable ABI"),
        pytest.param(INTEL, "demo-1.0-py3-none-any.whl", id="one for any machine"),
    ],
)
def test_best_wheel(target: Target, filename: str) -> None:
    """Of several wheels that run on a target it is the one that fits best, as for any installer."""
    tags = [
        "py3-none-any",
        "cp39-abi3-manylinux_2_17_aarch64",
        "cp313-cp313-manylinux_2_17_aarch64",
        "cp313-cp313-manylinux_2_28_aarch64",
        "cp313-cp313-macosx_11_0_arm64",
    ]
    lock = lock_of(entry(*(wheel(f"demo-1.0-{tag}.whl") for tag in tags)))
    assert [found.filename for found in select(lock, PLACE, target).wheels] == [filename]


@pytest.mark.parametrize(
    ("changes", "url"),
    [
        pytest.param({"url": f"{HOST}/demo-1.0-py3-none-any.whl?token=sesame"}, None, id="query"),
        pytest.param(
            {"url": f"{HOST}/demo-1.0-py3-none-any.whl#sha256=0"}, f"{HOST}/demo-1.0-py3-none-any.whl", id="fragment"
        ),
        pytest.param({"url": f"{HOST}/download/7", "name": "demo-1.0-py3-none-any.whl"}, None, id="another name"),
        pytest.param({"url": f"{HOST}/demo-1.0%2Bcpu-py3-none-any.whl"}, None, id="quoted"),
        pytest.param(
            {"url": None, "path": "wheels/demo-1.0-py3-none-any.whl"},
            (PLACE.parent / "wheels" / "demo-1.0-py3-none-any.whl").as_uri(),
            id="path",
        ),
        pytest.param(
            {"path": "./demo-1.0-py3-none-any.whl"},
            (PLACE.parent / "demo-1.0-py3-none-any.whl").as_uri(),
            id="path and URL",
        ),
        pytest.param(
            {"url": None, "path": "my wheels/demo-1.0-py3-none-any.whl"},
            (PLACE.parent / "my wheels" / "demo-1.0-py3-none-any.whl").as_uri(),
            id="path with a space",
        ),
    ],
)
def test_places(changes: dict[str, Any], url: str | None) -> None:
    """Where a wheel lies is taken as the lock says it; a path begins in the folder of the lock, and wins over a URL."""
    version = "1.0+cpu" if "cpu" in str(changes) else "1.0"
    [found] = select(lock_of(entry(wheel(**changes), version=version)), PLACE, ARM).wheels
    assert found.url == (url or changes["url"])
    assert "sesame" not in repr(found)


def test_archive() -> None:
    """A wheel that is named as an archive is one that was asked for by its URL."""
    [found] = select(lock_of(entry(version=None, archive=wheel(size=3))), PLACE, ARM).wheels
    assert (found.filename, str(found.version), found.size) == ("demo-1.0-py3-none-any.whl", "1.0", 3)
    assert found.direct


def test_entry_for_another_target() -> None:
    """What is wrong with an entry that does not apply to the target is nobody's business."""
    lock = lock_of(
        entry(wheel()),
        entry(name="other", directory={"path": "."}, marker="sys_platform == 'win32'"),
        entry(wheel(), version="1.0", marker="python_version < '3.12'"),
    )
    assert [found.name for found in select(lock, PLACE, ARM).wheels] == ["demo"]


def test_what_comes_from_elsewhere() -> None:
    """A project that is given beside the lock may stand in it as anything, and may be all of it."""
    lock = lock_of(entry(directory={"path": "."}, version=None))
    assert select(lock, PLACE, ARM, but={canonicalize_name("demo")}).wheels == ()


# --- What cannot ------------------------------------------------------------------------------------------------------

DEMO = "demo-1.0-py3-none-any.whl"
ENTRIES: dict[str, tuple[dict[str, Any], str, str]] = {
    # what it is: the entry, its rule, words of the message
    "source distribution": (
        entry(sdist={"url": f"{HOST}/demo-1.0.tar.gz", "hashes": {"sha256": SHA256}}),
        "only-sdist",
        "no wheel of demo 1.0",
    ),
    "source distribution beside a wheel for others": (
        entry(
            wheel("demo-1.0-cp313-cp313-win_amd64.whl"),
            sdist={"url": f"{HOST}/demo-1.0.tar.gz", "hashes": {"sha256": SHA256}},
        ),
        "no-fitting-wheel",
        "none runs on python3.13 on arm64",
    ),
    "wheels for others": (
        entry(wheel("demo-1.0-cp313-cp313-win_amd64.whl"), wheel("demo-1.0-cp313-cp313-macosx_11_0_arm64.whl")),
        "no-fitting-wheel",
        "(2) none runs on python3.13 on arm64",
    ),
    "archive for others": (
        entry(version=None, archive=wheel("demo-1.0-cp313-cp313-win_amd64.whl")),
        "no-fitting-wheel",
        "win_amd64.whl does not run on",
    ),
    "archive of source": (
        entry(version=None, archive=wheel("demo-1.0.tar.gz")),
        "not-a-wheel",
        f"the lock gives {HOST}/demo-1.0.tar.gz",
    ),
    "archive by a path": (
        entry(version=None, archive=wheel(url=None, path="./demo.zip")),
        "not-a-wheel",
        "the lock gives './demo.zip'",
    ),
    "archive of another project": (
        entry(version=None, archive=wheel("other-1.0-py3-none-any.whl")),
        "wheel-filename",
        "not the file name of a wheel of demo",
    ),
    "archive of another version": (
        entry(version="2.0", archive=wheel()),
        "bad-lock",
        "says 2.0, and names demo-1.0-py3-none-any.whl",
    ),
    "archive whose URL has secrets": (
        entry(version=None, archive=wheel(url="https://alice:sesame@files.example.org/demo-1.0.tar.gz?t=sesame")),
        "not-a-wheel",
        f"{HOST}/demo-1.0.tar.gz",
    ),
    "folder": (entry(version=None, directory={"path": ".", "editable": True}), "not-a-wheel", "the folder '.'"),
    "repository": (
        entry(vcs={"type": "git", "url": "https://alice:sesame@example.org/x.git", "commit-id": "1"}),
        "not-a-wheel",
        "a repository (git)",
    ),
    "Requires-Python": (entry(wheel(), requires_python=">=3.14"), "requires-python", "it needs Python >=3.14"),
    "no sha256": (entry(wheel(hashes={"sha512": "b" * 128, "md5": "0"})), "no-sha256", "only md5, sha512"),
    "a hash of an unknown kind": (
        entry(wheel(hashes={"sha256": SHA256, "crc32": "00"})),
        "bad-lock",
        "of the kind 'crc32'",
    ),
    "a hash without length": (
        entry(wheel(hashes={"sha256": SHA256, "shake_128": "00"})),
        "bad-lock",
        "of the kind 'shake_128'",
    ),
    "a short sha256": (entry(wheel(hashes={"sha256": "abc"})), "bad-lock", "the sha256 in the lock is not one"),
    "a sha256 that is a path": (entry(wheel(hashes={"sha256": "../" * 21 + "a"})), "bad-lock", "is not one"),
    "one kind of hash twice": (
        entry(wheel(hashes={"sha256": SHA256, "SHA256": "b" * 64})),
        "bad-lock",
        "two hashes of one kind",
    ),
    "user and password": (
        entry(wheel(url=f"https://alice:sesame@files.example.org/{DEMO}")),
        "url-credentials",
        f"{HOST}/{DEMO} carries a user or a password",
    ),
    "user": (entry(wheel(url=f"https://sesame@files.example.org/{DEMO}")), "url-credentials", "carries a user"),
    "password that ends the host": (
        entry(wheel(url=f"https://alice:sesame/sesame@files.example.org/{DEMO}")),
        "bad-lock",
        "is not the URL of a file",
    ),
    "password that ends the path": (
        entry(wheel(url=f"https://alice:sesame#sesame@files.example.org/{DEMO}", name=DEMO)),
        "bad-lock",
        "is not the URL of a file",
    ),
    "unclosed bracket": (entry(wheel(url=f"https://[sesame/{DEMO}", name=DEMO)), "bad-lock", "(a malformed URL)"),
    "unclosed bracket of an archive": (
        entry(version=None, archive=wheel(url=f"https://[sesame/{DEMO}")),
        "bad-lock",
        "(a malformed URL)",
    ),
    "port": (entry(wheel(url=f"https://files.example.org:port/{DEMO}")), "bad-lock", "is not the URL of a file"),
    "no host": (entry(wheel(url=f"https:///{DEMO}")), "bad-lock", "is not the URL of a file"),
    "no scheme": (entry(wheel(url=f"./{DEMO}")), "bad-lock", f"./{DEMO} is not the URL of a file"),
    "another scheme": (entry(wheel(url=f"ftp://files.example.org/{DEMO}")), "bad-lock", "ftp://files.example.org/"),
    "space": (entry(wheel(url=f"{HOST}/a b/{DEMO}")), "bad-lock", "is not the URL of a file"),
    "marker behind the URL": (
        entry(wheel(url=f"{HOST}/{DEMO}?t=sesame ; python_version<'3'")),
        "bad-lock",
        f"{HOST}/{DEMO} is not the URL of a file",
    ),
    "line break": (entry(wheel(url=f"{HOST}/{DEMO}?\n--index-url=x")), "bad-lock", "is not the URL of a file"),
    "NUL in a URL": (entry(wheel(url=f"file:///a%00b/{DEMO}")), "bad-lock", "is not the URL of a file"),
    "NUL in a path": (entry(wheel(url=None, path=f"a\0b/{DEMO}")), "bad-lock", "is not the URL of a file"),
    "marker of another standard": (
        entry(wheel(), marker="extra == 'fast'"),
        "bad-lock",
        'a marker in the lock cannot be evaluated: extra == "fast"',
    ),
    "marker that compares nothing": (
        entry(wheel(), marker="python_full_version ~= '3'"),
        "bad-lock",
        "a marker in the lock cannot be evaluated",
    ),
}


@pytest.mark.parametrize(("package", "rule", "words"), ENTRIES.values(), ids=ENTRIES)
def test_entry_that_cannot_be_used(package: dict[str, Any], rule: str, words: str) -> None:
    """An entry that cannot be used is one problem that names its project, shows no secret, and is one line."""
    helper = entry(wheel("helper-1.0-py3-none-any.whl"), name="helper")
    [problem] = refusal(lock_of(helper, package))
    assert (problem.rule, problem.project, problem.severity) == (rule, "demo", Severity.ERROR)
    assert words in problem.message
    assert problem.hint or rule in {"bad-lock", "no-fitting-wheel", "wheel-filename"}
    assert not any(secret in str(problem) + repr(problem) for secret in ("alice", "sesame"))
    assert str(problem).isprintable()


def test_all_at_once() -> None:
    """Whatever is wrong is told at once, an entry that packaging stops at included."""
    lock = lock_of(
        entry(name="folder", version=None, directory={"path": "."}),
        entry(wheel("bare-1.0-py3-none-any.whl", hashes={"md5": "0"}), name="bare"),
        entry(wheel("secret-1.0-py3-none-any.whl", url="https://u:p@h/secret-1.0-py3-none-any.whl"), name="secret"),
    )
    assert [(one.project, one.rule) for one in refusal(lock)] == [
        ("folder", "not-a-wheel"),
        ("bare", "no-sha256"),
        ("secret", "url-credentials"),
    ]
    stops = [
        entry(wheel(f"{name}-1.0-cp313-cp313-win_amd64.whl"), name=name, requires_python=needed)
        for name, needed in (("windows", ">=3.9"), ("newer", ">=3.14"))
    ]
    twice = [entry(wheel(f"twice-{version}-py3-none-any.whl"), name="twice", version=version) for version in "12"]
    assert [(one.project, one.rule) for one in refusal(lock_of(*stops, *twice))] == [
        ("windows", "no-fitting-wheel"),
        ("newer", "requires-python"),
        ("twice", "bad-lock"),
    ]


@pytest.mark.parametrize("second", ["1.0", "2.0"])
def test_two_entries_for_one_target(second: str) -> None:
    """Two entries of a project that both apply are refused, whether they agree on the version or not."""
    lock = lock_of(entry(wheel()), entry(wheel(f"demo-{second}-py3-none-any.whl"), version=second))
    [problem] = refusal(lock)
    assert (problem.rule, problem.project) == ("bad-lock", "demo")
    assert problem.message == "pylock.toml has 2 entries of it that apply to python3.13 on arm64"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        pytest.param({"requires_python": ">=3.14"}, "it is for Python >=3.14, and python3.13 has 3.13.0", id="Python"),
        pytest.param(
            {"environments": ["sys_platform == 'win32'"]},
            'none of its environments is that of python3.13 on arm64: sys_platform == "win32"',
            id="environment",
        ),
        pytest.param(
            {"environments": [f"python_version == '3.{minor}'" for minor in (9, 10, 11, 12)]},
            'python_version == "3.9"; python_version == "3.10"; and 2 more',
            id="many environments",
        ),
    ],
)
def test_lock_for_other_targets(more: dict[str, Any], words: str) -> None:
    """A lock that was not made for the target says what it was made for, whatever else is wrong with it."""
    [problem] = refusal(lock_of(entry(version=None, directory={"path": "."}), **more))
    assert problem.rule == "lock-not-for-target"
    assert words in problem.message
    assert "--runtime" in (problem.hint or "")


def test_environment_that_cannot_be_evaluated() -> None:
    """A marker that means nothing among the environments is a fault of the lock, not of the target."""
    [problem] = refusal(lock_of(entry(wheel()), environments=["python_full_version ~= '3'"]))
    assert problem.rule == "bad-lock"


@pytest.mark.parametrize(
    "packages",
    [
        pytest.param([], id="empty"),
        pytest.param([entry(wheel(), marker="sys_platform == 'win32'")], id="for others"),
        pytest.param([entry(wheel(), marker="'test' in dependency_groups")], id="of another group"),
        pytest.param([entry(wheel(), marker="'fast' in extras")], id="of an extra"),
    ],
)
def test_nothing_applies(packages: list[dict[str, Any]]) -> None:
    """A lock of which nothing applies to the target is not an empty layer, but an error."""
    lock = lock_of(*packages, extras=["fast"], dependency_groups=["test"])
    [problem] = refusal(lock)
    assert problem.rule == "no-requirement"
    assert problem.message == "nothing in pylock.toml applies to python3.13 on arm64"


# --- What is left out -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("requires", "said"),
    [
        pytest.param(["helper>=1"], None, id="there"),
        pytest.param(["Helper"], None, id="another spelling"),
        pytest.param(["nothing; sys_platform == 'win32'"], None, id="for another target"),
        pytest.param(["nothing; extra == 'fast'"], None, id="of an extra"),
        pytest.param(["nothing; python_full_version ~= '3'"], None, id="under a marker that compares nothing"),
        pytest.param(["boto3>=1"], "it needs boto3>=1, and the lock leaves it out", id="left out"),
        pytest.param(["helper>=3"], "it needs helper>=3, and the lock has 2.0rc1", id="another version"),
    ],
)
def test_left_out(tmp_path: Path, requires: list[str], said: str | None) -> None:
    """A requirement that the lock does not satisfy is a warning: the lock may have been cut on purpose."""
    wheels = [make_wheel(tmp_path, "demo", requires=requires), make_wheel(tmp_path, "helper", "2.0rc1")]
    problems = list(left_out([read_wheel(path) for path in wheels], ARM))
    assert [problem.message for problem in problems] == ([said] if said else [])
    assert {(one.rule, one.severity, one.project) for one in problems} <= {
        ("lock-incomplete", Severity.WARNING, "demo")
    }


def test_names_of_files() -> None:
    """The file names of an entry are those of its wheels, or of the archive that may be one."""
    lock = lock_of(
        entry(wheel(), wheel("demo-1.0-py2-none-any.whl")),
        entry(name="path", archive=wheel(url=None, path="a\\b/path-1.0-py3-none-any.whl")),
        entry(name="bad", version=None, archive=wheel(url="https://[x/y.whl")),
        entry(name="folder", version=None, directory={"path": "."}),
    )
    assert [[filename_of(file) for file in files_of(package)] for package in lock.packages] == [
        ["demo-1.0-py3-none-any.whl", "demo-1.0-py2-none-any.whl"],
        ["path-1.0-py3-none-any.whl"],
        [""],
        [],
    ]
