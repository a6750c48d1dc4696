"""A lock as a file: what tools write is read, what is broken is told, and ours is written the same way each time."""

from __future__ import annotations

import logging
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from lambda_wheels.errors import LambdaWheelsError, OutputError, ResolutionError
from lambda_wheels.problems import Problem
from lambda_wheels.resolution.lock_file import lock_text, read_lock
from lambda_wheels.resolution.locked import select
from lambda_wheels.targets import Target
from tests.resolution.locks import HOST, as_dict, entry, lock_of, wheel, write_lock

TARGET = Target("python3.13", "arm64")
OTHERS = Path(__file__).with_name("locks_of_others")
IDNA = "idna-3.20-py3-none-any.whl"

# --- Locks of other tools ---------------------------------------------------------------------------------------------

Found = dict[str, str]
"""What is chosen: the file, or the rule of what keeps it from being used, by project."""
SAMPLES: dict[str, tuple[str, str, Found]] = {
    # which tool wrote what kind of thing: the file, the target's runtime, what is found in it
    "uv export: a folder, a wheel by URL": (
        "uv-export.toml",
        "python3.13",
        {"idna": IDNA, "shared": "not-a-wheel", "tomli-w": "tomli_w-1.2.0-py3-none-any.whl"},
    ),
    "uv pip compile: a repository": ("uv-pip-compile.toml", "python3.13", {"idna": IDNA, "shared": "not-a-wheel"}),
    "pip lock: a repository, no index": ("pip-lock.toml", "python3.13", {"idna": IDNA, "shared": "not-a-wheel"}),
    "pdm lock: groups and extras": ("pdm-lock.toml", "python3.13", {"idna": IDNA}),
    "pdm export: a path and a folder": (
        "pdm-export.toml",
        "python3.13",
        {"h11": "h11-0.16.0-py3-none-any.whl", "idna": IDNA, "shared": "not-a-wheel"},
    ),
    "pipenv pylock: for no environment, a URL that is a path": (
        "pipenv-pylock.toml",
        "python3.13",
        {"docopt": "only-sdist", "h11": "bad-lock", "idna": IDNA},
    ),
    "poetry export: a project twice, the newer": (
        "poetry-export.toml",
        "python3.13",
        {"idna": IDNA, "numpy": "numpy-2.5.5-cp313-cp313-manylinux_2_27_aarch64.manylinux_2_28_aarch64.whl"},
    ),
    "poetry export: a project twice, the older": (
        "poetry-export.toml",
        "python3.11",
        {"idna": IDNA, "numpy": "numpy-2.2.6-cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64.whl"},
    ),
}


@pytest.mark.parametrize(("name", "runtime", "found"), SAMPLES.values(), ids=SAMPLES)
def test_locks_of_others(name: str, runtime: str, found: Found) -> None:
    """What other tools write is read, and each of its entries is either used or named with what is wrong with it."""
    lock, target = read_lock(OTHERS / name), Target(runtime, "arm64")
    refused: dict[str, str] = {}
    try:
        wheels = select(lock, OTHERS / name, target).wheels
    except ResolutionError as error:
        refused = {problem.project or "": problem.rule for problem in error.problems}
        wheels = select(lock, OTHERS / name, target, but=set(map(canonicalize_name, refused))).wheels
    assert refused | {one.name: one.filename for one in wheels} == found


def test_every_sample_is_tried() -> None:
    """No sample lies there without a test."""
    assert {path.name for path in OTHERS.iterdir()} == {name for name, _, _ in SAMPLES.values()}


# --- Broken locks -----------------------------------------------------------------------------------------------------

HEAD = 'lock-version = "1.0"\ncreated-by = "somebody"\n'
TEXTS: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "it has no lock-version, so it is another kind of file"),
    "another kind of file": ('[project]\nname = "demo"\n', "it has no lock-version"),
    "not TOML": ("lock-version: 1\n", "it is not TOML: "),
    "cut off": (f'{HEAD}[[packages]]\nname = "de', "it is not TOML: "),
    "a page": ("<!DOCTYPE html><html></html>", "it is not TOML: "),
    "a key twice": (f"{HEAD}{HEAD}", "it is not TOML: "),
    "deep": ("a = " + "[" * 100_000, "it is not TOML: "),
    "not UTF-8": (b"lock-version = '1.0\xff'", "it is not UTF-8"),
    "UTF-16": (HEAD.encode("utf-16"), "it is not UTF-8"),
    "version 2": ('lock-version = "2.0"\ncreated-by = "x"\npackages = []\n', "it is of version 2.0, and 1.0 is read"),
    "version 0": ('lock-version = "0.9"\ncreated-by = "x"\npackages = []\n', "it is of version 0.9"),
    "version of another kind": ("lock-version = 1.0\npackages = []\n", "Unexpected type float (expected str)"),
    "version that is none": ('lock-version = "new"\ncreated-by = "x"\npackages = []\n', "Invalid version: 'new'"),
    "nobody made it": ('lock-version = "1.0"\npackages = []\n', "Missing required value in 'created-by'"),
    "no packages": (HEAD, "Missing required value in 'packages'"),
    "packages of another kind": (f"{HEAD}packages = [1]\n", "Unexpected type int (expected Mapping)"),
    "environments of another kind": (f"{HEAD}environments = [1]\npackages = []\n", "'environments[0]'"),
    "environment that is no marker": (f'{HEAD}environments = ["x"]\npackages = []\n', "'environments[0]'"),
    "Requires-Python that is none": (f'{HEAD}requires-python = "x"\npackages = []\n', "'requires-python'"),
}


@pytest.mark.parametrize(("content", "words"), TEXTS.values(), ids=TEXTS)
def test_not_a_lock(tmp_path: Path, content: str | bytes, words: str) -> None:
    """What is no lock is told in one line that names the file, says why, and what to do."""
    path = tmp_path / "pylock.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ResolutionError) as caught:
        read_lock(path)
    [problem] = caught.value.problems
    assert (problem.rule, problem.project) == ("bad-lock", None)
    assert problem.message.startswith(f"{path}: ")
    assert words in problem.message
    assert problem.hint


ENTRIES: dict[str, dict[str, Any]] = {
    "nothing in it": entry(),
    "no hash": entry(wheel(hashes={})),
    "a hash of another kind": entry(wheel(hashes={"sha256": 1})),
    "no place": entry(wheel(url=None, name="demo-1.0-py3-none-any.whl")),
    "not a wheel": entry(wheel("demo-1.0.tar.gz")),
    "a wheel of another project": entry(wheel("other-1.0-py3-none-any.whl")),
    "a wheel of another version": entry(wheel("demo-2.0-py3-none-any.whl")),
    "a version that is none": entry(wheel(), version="new"),
    "a marker that is none": entry(wheel(), marker="sesame"),
    "two sources": entry(wheel(), directory={"path": "."}),
    "an unclosed bracket": entry(wheel(url="https://[alice:sesame@x/demo-1.0-py3-none-any.whl")),
    "a size of another kind": entry(wheel(size="7")),
    "a name that is not normalised": entry(wheel(), name="Demo"),
}


@pytest.mark.parametrize("package", ENTRIES.values(), ids=ENTRIES)
def test_broken_entry(tmp_path: Path, package: dict[str, Any]) -> None:
    """An entry that is not valid is told with its project, and its URL is not shown."""
    helper = entry(wheel("helper-1.0-py3-none-any.whl"), name="helper")
    path = write_lock(tmp_path / "pylock.toml", helper, package)
    with pytest.raises(ResolutionError) as caught:
        read_lock(path)
    [problem] = caught.value.problems
    assert (problem.rule, problem.project) == ("bad-lock", "demo")
    assert "packages[1]" in problem.message
    assert not any(secret in str(problem) for secret in ("alice:", "sesame@", HOST))


@pytest.mark.parametrize("name", [None, 7, ["demo"]])
def test_broken_name(tmp_path: Path, name: object) -> None:
    """An entry without a name is told with its number."""
    path = write_lock(tmp_path / "pylock.toml")
    package = {key: value for key, value in {**entry(wheel()), "name": name}.items() if value is not None}
    path.write_text(tomli_w.dumps(as_dict(package)))
    with pytest.raises(ResolutionError, match=r"packages\[0\].name") as caught:
        read_lock(path)
    assert caught.value.problems[0].project is None


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """A valid lock in which one value, anywhere, is replaced by another one or taken away."""
    lock: dict[str, Any] = as_dict(
        entry(
            wheel(size=7, name="demo-1.0-py3-none-any.whl"),
            marker="python_version >= '3.9'",
            requires_python=">=3.9",
            index="https://index.example.org",
            dependencies=[{"name": "helper"}],
        ),
        entry(name="helper", version="2.0", archive=wheel("helper-2.0-py3-none-any.whl")),
        environments=["sys_platform == 'linux'"],
        requires_python=">=3.9",
        extras=["fast"],
        dependency_groups=["dev"],
        default_groups=["dev"],
        tool={"somebody": {"x": 1}},
    )
    place: Any = lock
    while True:
        key = draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], dict | list) or not place[key] or draw(st.booleans()):
            break
        place = place[key]
    odd = ["", "x", "//[", "a\0b", "https://u:p@h/x", "\u202e", 0, -1, 1.5, True, [], {}, ["x"], {"x": "y"}, [[]]]
    if draw(st.booleans()):
        place[key] = draw(st.sampled_from(odd))
    else:
        del place[key]
    return lock


@pytest.mark.hostile("Fuzz")
@given(value=damaged())
def test_damaged_anywhere(value: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever is replaced or missing in a lock, it is either read, or refused in words."""
    path = tmp_path_factory.mktemp("damaged") / "pylock.toml"
    path.write_text(tomli_w.dumps(value), encoding="utf-8")
    problems: tuple[Problem, ...] = ()
    try:
        select(read_lock(path), path, TARGET)
    except LambdaWheelsError as error:
        problems = tuple(error.problems)
    assert all(str(problem).isprintable() for problem in problems)
    assert all("u:p" not in str(problem) for problem in problems)


@pytest.mark.parametrize("version", ["1.1", "1.12"])
def test_newer_minor_version(
    tmp_path: Path, version: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """A newer 1.x is read as 1.0, with a warning in our log and nothing on the terminal."""
    path = write_lock(tmp_path / "pylock.toml", entry(wheel()), lock_version=version)
    with caplog.at_level(logging.WARNING):
        assert [package.name for package in read_lock(path).packages] == ["demo"]
    [record] = caplog.records
    assert record.name.startswith("lambda_wheels.")
    assert f"is of version {version}" in record.getMessage()
    assert capfd.readouterr() == ("", "")


def test_lock_for_nobody(tmp_path: Path) -> None:
    """An empty list of environments, as Pipenv writes it, is no list."""
    assert read_lock(write_lock(tmp_path / "pylock.toml", environments=[])).environments is None


def test_unreadable(tmp_path: Path) -> None:
    """A lock that the system does not let us read is no bad lock."""
    with pytest.raises(OutputError, match="disk-failed"):
        read_lock(tmp_path / "pylock.toml")
    with pytest.raises(OutputError, match="disk-failed"):
        read_lock(tmp_path)


# --- Ours -------------------------------------------------------------------------------------------------------------


def test_text_is_read_again(tmp_path: Path) -> None:
    """What is written is valid TOML, the same lock when it is read, and the same text when that is written."""
    lock = lock_of(
        entry(wheel(size=7), marker='python_version == "3.13"', index="https://index.example.org"),
        environments=['sys_platform == "linux" and python_version == "3.13"'],
        tool={"lambda-wheels": {"uploaded-prior-to": "2026-01-01T00:00:00+00:00"}},
    )
    path = tmp_path / "pylock.toml"
    path.write_text(lock_text(lock), encoding="utf-8")
    assert read_lock(path) == lock
    assert lock_text(read_lock(path)) == lock_text(lock)
    assert tomllib.loads(lock_text(lock))["packages"][0]["marker"] == "python_version == '3.13'"
