"""Which path of a layer comes from where."""

from __future__ import annotations

import hashlib
import itertools
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from lambda_wheels.errors import LayerError
from lambda_wheels.layers import DIRECT_UPLOAD_LIMIT, UNZIPPED_LIMIT
from lambda_wheels.layers.limits import check_limits
from lambda_wheels.targets.limits import ZIP_ENTRIES_LIMIT, ZIP_SIZE_LIMIT
from tests.layers.hand_made import TARGET, by_path, bytes_at, contents_of, hand_made

DIST_INFO = {
    f"python/demo-1.0.dist-info/{name}" for name in ("INSTALLER", "METADATA", "RECORD", "WHEEL")
}  # what every layer of demo 1.0 has


@pytest.mark.parametrize(
    ("member", "path"),
    [
        pytest.param("demo/a.py", "python/demo/a.py", id="root"),
        pytest.param("top.py", "python/top.py", id="module"),
        pytest.param("demo.libs/libx.so.1", "python/demo.libs/libx.so.1", id="libraries"),
        pytest.param("demo-1.0.data/purelib/demo/p.py", "python/demo/p.py", id="purelib"),
        pytest.param("demo-1.0.data/platlib/demo/p.so", "python/demo/p.so", id="platlib"),
        pytest.param("demo-1.0.data/data/share/x.txt", "python/share/x.txt", id="data"),
        pytest.param("demo-1.0.data/data/lib/x.txt", "python/lib/x.txt", id="data that pip loses"),
        pytest.param("demo-1.0.data/data/bin/x", "python/bin/x", id="data named bin"),
        pytest.param("demo-1.0.data/headers/x.h", None, id="headers"),
        pytest.param("demo-1.0.data/scripts/x", None, id="scripts"),
        pytest.param("demo-1.0.dist-info/licenses/LICENSE", "python/demo-1.0.dist-info/licenses/LICENSE", id="licence"),
        pytest.param("demo-1.0.dist-info/RECORD.jws", None, id="signature, JWS"),
        pytest.param("demo-1.0.dist-info/RECORD.p7s", None, id="signature, S/MIME"),
        pytest.param("demo-1.0.dist-info/REQUESTED", None, id="requested"),
        pytest.param("demo-1.0.dist-info/direct_url.json", None, id="direct URL"),
        pytest.param("démo/ü.py", "python/démo/ü.py", id="not ASCII"),
        pytest.param("other.data/scripts/x", "python/other.data/scripts/x", id="a folder that is not the data folder"),
    ],
)
def test_place(tmp_path: Path, member: str, path: str | None) -> None:
    """Each kind of member has its place in the layer, or none."""
    contents = contents_of(hand_made(tmp_path, files={member: b"content"}))
    assert set(by_path(contents)) - DIST_INFO == ({path} if path else set())
    if path:
        assert bytes_at(contents, path) == b"content"


def test_data_folder_with_another_name(tmp_path: Path) -> None:
    """The data folder is the one that the wheel names, normalised or not."""
    wheel = hand_made(tmp_path, files={"De.Mo-1.0.data/purelib/demo.py": b""}, data="De.Mo-1.0.data")
    assert "python/demo.py" in by_path(contents_of(wheel))


@pytest.mark.parametrize("executable", [False, True])
def test_modes(tmp_path: Path, executable: bool) -> None:
    """A member is 0755 if anyone may execute it, else 0644."""
    wheel = hand_made(tmp_path, files={"demo/tool": b""}, executable=["demo/tool"] if executable else [])
    assert by_path(contents_of(wheel))["python/demo/tool"].mode == (0o755 if executable else 0o644)


def test_record(tmp_path: Path) -> None:
    """RECORD lists what is in the layer, sorted, and itself without a hash."""
    files = {'demo/"odd", name.py': b"x", "demo-1.0.data/headers/h.h": b"", "demo-1.0.dist-info/RECORD.jws": b""}
    contents = contents_of(hand_made(tmp_path, files=files))

    def row(path: str) -> str:
        entry = by_path(contents)[f"python/{path}"]
        digest = urlsafe_b64encode(bytes.fromhex(entry.sha256)).decode().rstrip("=")
        return f"{path},sha256={digest},{entry.size}\n"

    digest = urlsafe_b64encode(hashlib.sha256(b"x").digest()).decode().rstrip("=")
    assert bytes_at(contents, "python/demo-1.0.dist-info/RECORD").decode() == (
        row("demo-1.0.dist-info/INSTALLER")
        + row("demo-1.0.dist-info/METADATA")
        + "demo-1.0.dist-info/RECORD,,\n"
        + row("demo-1.0.dist-info/WHEEL")
        + f'"demo/""odd"", name.py",sha256={digest},1\n'
    )


def test_installer_is_ours(tmp_path: Path) -> None:
    """INSTALLER says who wrote the tree, whatever the wheel brought."""
    contents = contents_of(hand_made(tmp_path, files={"demo-1.0.dist-info/INSTALLER": b"pip\n"}))
    assert bytes_at(contents, "python/demo-1.0.dist-info/INSTALLER") == b"lambda-wheels\n"


def test_order_of_paths_and_of_wheels(tmp_path: Path) -> None:
    """Entries are sorted by the bytes of their paths, and the order in which wheels are given changes nothing."""
    wheels = [
        hand_made(
            tmp_path, "a", files={"a/z.py": b"", "a.py": b"", "a/ü.py": b"", "a/\U0001f600.py": b"", "a/\uffee": b""}
        ),
        hand_made(tmp_path, "b", files={"ns/__init__.py": b"", "b.py": b""}, executable=["ns/__init__.py"]),
        hand_made(tmp_path, "c", files={"ns/__init__.py": b"", "C.py": b""}),
    ]
    results = {contents_of(*order).entries for order in itertools.permutations(wheels)}
    assert len(results) == 1
    paths = [entry.path for entry in results.pop()]
    assert paths == sorted(paths, key=lambda path: path.encode())


def test_namespace_packages(tmp_path: Path) -> None:
    """Wheels share a namespace: without ``__init__.py``, or each with the same one, which both RECORDs then list."""
    init = b"__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"
    contents = contents_of(
        hand_made(tmp_path, "a", files={"native/a.py": b"a", "ns/__init__.py": init, "ns/a.py": b""}),
        hand_made(
            tmp_path,
            "b",
            files={"native/b.py": b"b", "ns/__init__.py": init, "ns/b.py": b""},
            executable=["ns/__init__.py"],
        ),
    )
    assert {"python/native/a.py", "python/native/b.py", "python/ns/a.py", "python/ns/b.py"} <= set(by_path(contents))
    assert by_path(contents)["python/ns/__init__.py"].executable
    for name in "ab":
        assert b"ns/__init__.py,sha256=" in bytes_at(contents, f"python/{name}-1.0.dist-info/RECORD")
    assert contents.warnings == ()


def test_conflict_names_both_wheels(tmp_path: Path) -> None:
    """Two wheels with different bytes for a path are one problem, however many paths they dispute."""
    files = {"cv2/__init__.py": b"a", "cv2/x.py": b"a", "cv2/same.py": b""}
    more = {f"cv2/{number}.py": b"a" for number in range(8)} | files
    with pytest.raises(LayerError) as raised:
        contents_of(
            hand_made(tmp_path, "a", files=files),
            hand_made(tmp_path, "b", files=files | {"cv2/__init__.py": b"b", "cv2/x.py": b"b"}),
        )
    assert str(raised.value) == (
        "error[path-conflict] b-1.0-py3-none-any.whl: python/cv2/__init__.py: a-1.0-py3-none-any.whl has another file "
        "at this path, and at 1 other; leave out a or b, or allow path-conflict:b (or path-conflict:a), which leaves "
        "out that project's file"
    )
    with pytest.raises(LayerError, match="at this path, and at 10 others; leave"):
        contents_of(
            hand_made(tmp_path, "a", files=more), hand_made(tmp_path, "b", files=dict.fromkeys(more, b"b") | {"c": b""})
        )


@pytest.mark.parametrize(
    ("allow", "stays", "used"),
    [
        pytest.param(["path-conflict:b"], "a", ["path-conflict:b"], id="the second"),
        pytest.param(["path-conflict:a"], "b", ["path-conflict:a"], id="the first"),
        pytest.param(["path-conflict:a", "path-conflict:b"], "a", ["path-conflict:b"], id="both"),
        pytest.param(["path-conflict:b", "path-conflict:c"], "a", ["path-conflict:b"], id="one that is not needed"),
    ],
)
def test_waived_conflict(tmp_path: Path, allow: list[str], stays: str, used: list[str]) -> None:
    """With a waiver the project's file gives way, also in its RECORD, and the manifest says so."""
    contents = contents_of(
        hand_made(tmp_path, "a", files={"x.py": b"a"}), hand_made(tmp_path, "b", files={"x.py": b"b"}), allow=allow
    )
    assert bytes_at(contents, "python/x.py") == stays.encode()
    assert list(contents.manifest.waived) == used
    assert [problem.severity for problem in contents.warnings] == ["warning"]
    for name in "ab":
        assert (b"x.py" in bytes_at(contents, f"python/{name}-1.0.dist-info/RECORD")) == (name == stays)


def test_three_wheels_one_waiver(tmp_path: Path) -> None:
    """A waiver for one of three wheels does not settle what the other two dispute."""
    wheels = [hand_made(tmp_path, name, files={"x.py": name.encode()}) for name in "abc"]
    with pytest.raises(LayerError) as raised:
        contents_of(*wheels, allow=["path-conflict:a"])
    errors = [problem for problem in raised.value.problems if problem.severity == "error"]
    assert [(problem.project, problem.message) for problem in errors] == [
        ("c", "b-1.0-py3-none-any.whl has another file at this path")
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"x": b""}, {"x/y.py": b""}, id="the first has the file"),
        pytest.param({"x/y/z.py": b""}, {"x": b""}, id="the second has the file"),
        pytest.param({}, {"x": b"", "b-1.0.data/data/x/y": b""}, id="within one wheel"),
    ],
)
def test_file_and_folder(tmp_path: Path, one: dict[str, bytes], other: dict[str, bytes]) -> None:
    """A file where another wheel has a folder cannot be laid out, nor waived."""
    with pytest.raises(LayerError) as raised:
        contents_of(
            hand_made(tmp_path, "a", files=one),
            hand_made(tmp_path, "b", files=other),
            allow=["file-and-folder:a", "file-and-folder:b", "path-conflict:a"],
        )
    assert [problem.rule for problem in raised.value.problems] == ["file-and-folder"]


def test_two_files_of_one_wheel_at_one_path(tmp_path: Path) -> None:
    """A data file that lands on another file of its wheel is refused."""
    with pytest.raises(LayerError) as raised:
        contents_of(hand_made(tmp_path, files={"x.py": b"1", "demo-1.0.data/purelib/x.py": b"1"}))
    assert [(problem.rule, problem.member) for problem in raised.value.problems] == [("file-twice", "python/x.py")]


@pytest.mark.parametrize("name", ["RECORD", "INSTALLER"])
def test_data_file_at_the_place_of_ours(tmp_path: Path, name: str) -> None:
    """A data file cannot take the place of what we write ourselves."""
    with pytest.raises(LayerError, match="file-twice"):
        contents_of(hand_made(tmp_path, files={f"demo-1.0.data/data/demo-1.0.dist-info/{name}": b"mine"}))


@pytest.mark.parametrize(
    ("one", "other", "members"),
    [
        pytest.param({"Crypto/a.py": b""}, {"crypto/b.py": b""}, ["python/crypto"], id="folders, once"),
        pytest.param({"ns/A.py": b""}, {"ns/a.py": b""}, ["python/ns/a.py"], id="files"),
        pytest.param(
            {"ns/\u00e9.py": b""}, {"ns/e\u0301.py": b""}, ["python/ns/\u00e9.py"], id="how letters are composed"
        ),
        pytest.param({"A.py": b"", "a.py": b""}, {}, [], id="within one wheel"),
        pytest.param({"a.py": b""}, {"b.py": b""}, [], id="nothing"),
    ],
)
def test_case(tmp_path: Path, one: dict[str, bytes], other: dict[str, bytes], members: list[str]) -> None:
    """Paths of two wheels that differ only in case, or in how a letter is composed, are a warning."""
    contents = contents_of(hand_made(tmp_path, "a", files=one), hand_made(tmp_path, "b", files=other))
    assert [(problem.rule, problem.member) for problem in contents.warnings] == [
        ("case-conflict", member) for member in members
    ]


def test_all_problems_at_once(tmp_path: Path) -> None:
    """What is wrong is collected over all wheels and raised once."""
    with pytest.raises(LayerError) as raised:
        contents_of(
            hand_made(tmp_path, "a", files={"x.py": b"a", "y": b""}),
            hand_made(tmp_path, "b", files={"x.py": b"b", "y/z": b""}),
            hand_made(tmp_path, "c", files={}, entry_points="[console_scripts]\n../c = c:main\n"),
            scripts=True,
        )
    assert {problem.rule for problem in raised.value.problems} == {"path-conflict", "file-and-folder", "bad-script"}


def test_sizes(tmp_path: Path) -> None:
    """The unzipped size is that of all files, the manifest included."""
    contents = contents_of(hand_made(tmp_path))
    assert contents.unzipped_size == sum(entry.size for entry in contents.entries)
    assert len(contents.manifest.as_bytes()) in {entry.size for entry in contents.entries}


def test_too_large_names_projects_by_size() -> None:
    """A layer over Lambda's limit is one line with the sizes by project, the largest first."""
    sizes = {canonicalize_name(name): size for name, size in {"small": 1, "large": UNZIPPED_LIMIT}.items()}
    (problem,) = check_limits(3, UNZIPPED_LIMIT + 1, 10, sizes)
    assert str(problem) == (
        "error[too-large] the layer is 262,144,001 bytes unzipped, 1 more than Lambda's 262,144,000: "
        "large 262,144,000, small 1; leave out a project, or build a container image instead"
    )


def test_too_large_with_many_projects() -> None:
    """Of very many projects the largest are named, and the others counted."""
    sizes = {canonicalize_name(f"p{number:02}"): number for number in range(1, 26)}
    (problem,) = check_limits(3, UNZIPPED_LIMIT + 1, 10, sizes)
    assert problem.message.endswith("p07 7, p06 6, 5 others 15")


@pytest.mark.parametrize(
    ("files", "unzipped", "zipped", "rules"),
    [
        pytest.param(ZIP_ENTRIES_LIMIT, UNZIPPED_LIMIT, ZIP_SIZE_LIMIT, [], id="as much as there may be"),
        pytest.param(ZIP_ENTRIES_LIMIT + 1, 0, 0, ["too-many-files"], id="files"),
        pytest.param(0, UNZIPPED_LIMIT + 1, 0, ["too-large"], id="bytes"),
        pytest.param(0, 0, ZIP_SIZE_LIMIT + 1, ["too-many-files"], id="bytes of the zip"),
    ],
)
def test_limits(files: int, unzipped: int, zipped: int, rules: list[str]) -> None:
    """Each limit may be reached and not passed."""
    assert [problem.rule for problem in check_limits(files, unzipped, zipped, {})] == rules


def test_numbers_are_lambdas() -> None:
    """The limits are the numbers in AWS's table of quotas."""
    assert (DIRECT_UPLOAD_LIMIT, UNZIPPED_LIMIT) == (52_428_800, 262_144_000)


def test_layer_over_the_limit_is_refused_before_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too large a layer is refused from what is known of its wheels."""
    monkeypatch.setattr("lambda_wheels.layers.limits.UNZIPPED_LIMIT", 100)
    wheel = hand_made(tmp_path, files={"demo.py": b"x" * 200})
    wheel.path.unlink()
    with pytest.raises(LayerError, match="too-large"):
        contents_of(wheel)


def test_target_is_kept(tmp_path: Path) -> None:
    """The contents say for which target they are, and of which wheels, by name."""
    contents = contents_of(hand_made(tmp_path, "b"), hand_made(tmp_path, "a"))
    assert contents.targets == (TARGET,)
    assert [wheel.name for wheel in contents.wheels] == ["a", "b"]
