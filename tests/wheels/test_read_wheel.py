"""RECORD, metadata, ``.dist-info`` and ``.data``: what one wheel says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag
from packaging.version import Version

from lambda_wheels.errors import WheelError
from lambda_wheels.rules import RULES
from lambda_wheels.wheels import read_member, read_wheel
from tests.wheel_factory import make_wheel, record, record_hash, record_rows
from tests.wheels.findings import found, refusal, told

VICTIM = "demo/__init__.py"
DIST_INFO = "demo-1.0.dist-info"


def test_what_is_read_of_a_wheel(tmp_path: Path) -> None:
    """A wheel's values are those of its file name, its metadata and its members."""
    path = make_wheel(
        tmp_path,
        "Demo.Project",
        "1.0",
        files={"demo/__init__.py": "x = 1\n"},
        tag="cp39.cp310-abi3-manylinux_2_17_x86_64",
        requires=["six>1; python_version < '4'", "idna[all]"],
        requires_python=">=3.9",
        extras=["Fast_Mode"],
        entry_points="[console_scripts]\ndemo = demo:main\n",
        data={"scripts/demo.sh": "#!/bin/sh\n"},
        build="3a",
    )
    wheel = read_wheel(path)
    assert wheel.filename == path.name
    assert wheel.size == path.stat().st_size
    assert (wheel.name, wheel.version, wheel.build) == ("demo-project", Version("1.0"), (3, "a"))
    assert wheel.tags == {Tag(python, "abi3", "manylinux_2_17_x86_64") for python in ("cp39", "cp310")}
    assert wheel.requires_python == SpecifierSet(">=3.9")
    assert wheel.requires_dist == ("six>1; python_version < '4'", "idna[all]")
    assert wheel.provides_extra == {"fast-mode"}
    assert (wheel.dist_info, wheel.data) == ("demo_project-1.0.dist-info", "demo_project-1.0.data")
    assert wheel.entry_points == "[console_scripts]\ndemo = demo:main\n"
    assert wheel.members[0].name == "demo/__init__.py"
    assert wheel.problems == ()


def test_members_can_be_read_again(tmp_path: Path) -> None:
    """A proven member's bytes come back from the wheel, stored or deflated."""
    files = {"demo/__init__.py": b"x = 1\n" * 1000, "demo/data.bin": bytes(range(256)) * 5000, "demo/empty": b""}
    path = make_wheel(tmp_path, files=files, stored={"demo/data.bin"})
    members = {member.name: member for member in read_wheel(path).members}
    with path.open("rb") as file:
        assert {name: read_member(file, members[name]) for name in files} == files


def test_a_member_that_changed_since_is_not_read(tmp_path: Path) -> None:
    """A wheel that is damaged after it was proven gives an error rather than other bytes of another length."""
    path = make_wheel(tmp_path)
    member = read_wheel(path).members[0]
    path.write_bytes(b"\xff" * path.stat().st_size)
    with path.open("rb") as file, pytest.raises(ValueError, match=r"demo/__init__\.py"):
        read_member(file, member)


@pytest.mark.hostile("Wheels")
@pytest.mark.parametrize(
    ("defect", "rule", "member"),
    [
        ("wheel-missing", "wheel-file-missing", f"{DIST_INFO}/WHEEL"),
        ("metadata-missing", "metadata-missing", f"{DIST_INFO}/METADATA"),
        ("record-missing", "record-missing", f"{DIST_INFO}/RECORD"),
        ("record-not-utf8", "record-encoding", f"{DIST_INFO}/RECORD"),
        ("wheel-version-2", "wheel-version", f"{DIST_INFO}/WHEEL"),
        ("wheel-version-none", "wheel-version", f"{DIST_INFO}/WHEEL"),
        ("wheel-not-utf8", "wheel-file-encoding", f"{DIST_INFO}/WHEEL"),
        ("metadata-not-utf8", "metadata-encoding", f"{DIST_INFO}/METADATA"),
        ("metadata-other-name", "metadata-name", f"{DIST_INFO}/METADATA"),
        ("metadata-two-names", "metadata-name", f"{DIST_INFO}/METADATA"),
        ("metadata-other-version", "metadata-version", f"{DIST_INFO}/METADATA"),
        ("metadata-no-version", "metadata-version", f"{DIST_INFO}/METADATA"),
        ("dist-info-missing", "dist-info-missing", None),
        ("dist-info-twice", "dist-info-several", DIST_INFO),
        ("dist-info-other-project", "dist-info-name", "other-1.0.dist-info"),
        ("dist-info-other-version", "dist-info-name", "demo-2.0.dist-info"),
    ],
)
def test_a_wheel_that_is_not_what_it_says_is_refused(
    tmp_path: Path, defect: str, rule: str, member: str | None
) -> None:
    """A wheel that is another, or that cannot be checked, is refused, and nobody can waive that."""
    assert found(make_wheel(tmp_path, defect=defect)) == [(rule, member)]
    assert not RULES[rule].waivable


@pytest.mark.hostile("Wheels")
@pytest.mark.parametrize(
    ("defect", "rule", "member"),
    [
        ("record-hash", "record-hash", VICTIM),
        ("record-no-hash", "record-hash", VICTIM),
        ("record-md5", "record-digest", VICTIM),
        ("record-size", "record-size", VICTIM),
        ("record-missing-row", "record-missing-row", VICTIM),
        ("record-surplus-row", "record-surplus-row", "demo/gone.py"),
        ("record-duplicate-row", "record-duplicate-row", VICTIM),
        ("record-two-columns", "record-row", f"{DIST_INFO}/RECORD"),
        ("wheel-other-tag", "wheel-tags", f"{DIST_INFO}/WHEEL"),
        ("wheel-no-tag", "wheel-tags", f"{DIST_INFO}/WHEEL"),
        ("wheel-other-build", "wheel-build", f"{DIST_INFO}/WHEEL"),
        ("wheel-purelib-none", "wheel-purelib", f"{DIST_INFO}/WHEEL"),
    ],
)
def test_sloppiness_can_be_waived(tmp_path: Path, defect: str, rule: str, member: str) -> None:
    """What is only sloppy is an error that the wheel is returned with, so that it can be waived for its project."""
    assert told(make_wheel(tmp_path, defect=defect)) == [("error", rule, member)]
    assert RULES[rule].waivable


@pytest.mark.parametrize("defect", ["record-backslashes", "record-dot-slash", "dist-info-not-normalised"])
def test_other_spellings_are_taken(tmp_path: Path, defect: str) -> None:
    """Spellings that mean the same are taken without a word."""
    assert told(make_wheel(tmp_path, defect=defect)) == []


def test_a_newer_minor_version_of_the_format_is_warned_of(tmp_path: Path) -> None:
    """Wheel-Version 1.1 is taken with a warning, as its specification wants."""
    wheel = make_wheel(tmp_path, defect="wheel-version-1.1")
    assert told(wheel) == [("warning", "wheel-version", f"{DIST_INFO}/WHEEL")]


def test_a_waivable_error_is_told_beside_others(tmp_path: Path) -> None:
    """Where something refuses the wheel, what could be waived is told as well."""
    wheel = make_wheel(tmp_path, files={"../x": "x", f"{DIST_INFO}/WHEEL": "Wheel-Version: 1.0\nTag: py2-none-any\n"})
    assert {rule for rule, _ in found(wheel)} == {"member-name-climbs", "wheel-tags", "wheel-purelib"}


@pytest.mark.parametrize("signature", ["RECORD.jws", "RECORD.p7s"])
def test_signatures_need_no_row(tmp_path: Path, signature: str) -> None:
    """RECORD's signatures cannot stand in it, as they are made afterwards."""
    contents = {VICTIM: b"x", f"{DIST_INFO}/METADATA": b"Name: demo\nVersion: 1.0\n"}
    wheel = f"{DIST_INFO}/WHEEL"
    contents[wheel] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    rows = record(record_rows(contents, f"{DIST_INFO}/RECORD"))
    files = contents | {f"{DIST_INFO}/RECORD": rows, f"{DIST_INFO}/{signature}": b"signed"}
    assert told(make_wheel(tmp_path, files=files)) == []


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("sha384", []),
        ("sha512", []),
        ("SHA256", []),
        ("sha1", ["record-digest"]),
        ("blake2b", ["record-digest"]),
    ],
)
def test_kinds_of_digests(tmp_path: Path, kind: str, expected: list[str]) -> None:
    """RECORD may have sha256 or better, and nothing else."""
    plain = make_wheel(tmp_path, files={VICTIM: b"x = 1\n"})
    member = read_wheel(plain).members[-1]
    with plain.open("rb") as file:
        rows = read_member(file, member).decode()
    old, new = record_hash(b"x = 1\n"), record_hash(b"x = 1\n", kind)
    assert old in rows
    wheel = make_wheel(tmp_path, files={VICTIM: b"x = 1\n", member.name: rows.replace(old, new)})
    assert [rule for _, rule, _ in told(wheel)] == expected


def test_a_wrong_digest_of_another_kind_is_seen(tmp_path: Path) -> None:
    """A sha512 is computed and compared, not only recognised."""
    wheel = make_wheel(tmp_path, files={VICTIM: b"x = 1\n", f"{DIST_INFO}/RECORD": f"{VICTIM},sha512=AAAA,6\n"})
    assert ("error", "record-hash", VICTIM) in told(wheel)


def test_rows_for_folders_are_no_surplus(tmp_path: Path) -> None:
    """Some tools give the folder members of an archive a row in RECORD."""
    rows = f"demo/,,\n{VICTIM},{record_hash(b'x')},1\n"
    wheel = make_wheel(tmp_path, files={"demo/": "", VICTIM: "x", f"{DIST_INFO}/RECORD": rows})
    assert {(rule, member) for _, rule, member in told(wheel)} == {
        ("record-missing-row", f"{DIST_INFO}/METADATA"),
        ("record-missing-row", f"{DIST_INFO}/WHEEL"),
    }


@pytest.mark.parametrize(
    ("filename", "taken"),
    [
        ("demo-1.0-py3-none-any.whl", True),
        ("Demo-1.0.0-py3-none-any.whl", True),
        ("demo-1.0-1-py3-none-any.whl", True),
        ("demo-1.0-py3-none.whl", False),
        ("demo-1.0.tar.gz", False),
        ("demo-one-py3-none-any.whl", False),
        ("de mo-1.0-py3-none-any.whl", False),
    ],
)
def test_file_names(tmp_path: Path, filename: str, taken: bool) -> None:
    """The file name that is believed is the one given, and it must be a wheel's."""
    path = make_wheel(tmp_path).rename(tmp_path / "scratch")
    if taken:
        assert read_wheel(path, filename=filename).filename == filename
        return
    with pytest.raises(WheelError) as caught:
        read_wheel(path, filename=filename)
    assert [(problem.rule, problem.wheel) for problem in caught.value.problems] == [("wheel-filename", filename)]


def test_a_wheel_of_another_project_under_the_file_name_is_refused(tmp_path: Path) -> None:
    """The name of the file, the folder and the metadata must be one project's."""
    path = make_wheel(tmp_path).rename(tmp_path / "other-1.0-py3-none-any.whl")
    assert found(path) == [("dist-info-name", DIST_INFO)]


@pytest.mark.hostile("Wheels")
@pytest.mark.parametrize(
    ("requires", "rule"),
    [
        (["six >> 1"], "metadata-requires-dist"),
        (["six; python_version"], "metadata-requires-dist"),
        (["--index-url=https://example.org"], "metadata-requires-dist"),
    ],
)
def test_requirements_that_are_none_are_refused(tmp_path: Path, requires: list[str], rule: str) -> None:
    """A line of Requires-Dist that PEP 508 does not know refuses the wheel."""
    (problem,) = refusal(make_wheel(tmp_path, requires=requires))
    assert (problem.rule, problem.member) == (rule, f"{DIST_INFO}/METADATA")
    assert requires[0] in problem.message


def test_a_requires_python_that_cannot_be_read(tmp_path: Path) -> None:
    """Where Requires-Python is no specifier, it can be waived, and any Python is then allowed, as for pip."""
    path = make_wheel(tmp_path, requires_python="three")
    assert told(path) == [("error", "metadata-requires-python", f"{DIST_INFO}/METADATA")]
    assert read_wheel(path).requires_python == SpecifierSet()


@pytest.mark.hostile("Wheels")
@pytest.mark.parametrize(
    ("data", "files", "rule", "member"),
    [
        pytest.param("unknown/x", {}, "data-scheme", "demo-1.0.data/unknown/x", id="unknown-scheme"),
        pytest.param("x", {}, "data-scheme", "demo-1.0.data/x", id="no-scheme"),
        pytest.param("purelib", {}, "data-scheme", "demo-1.0.data/purelib", id="scheme-is-a-file"),
        pytest.param("purelib/a.py", {"a.py": "x"}, "data-collision", "demo-1.0.data/purelib/a.py", id="purelib"),
        pytest.param("platlib/a.py", {"a.py": "x"}, "data-collision", "demo-1.0.data/platlib/a.py", id="platlib"),
        pytest.param("data/a.py", {"a.py": "x"}, "data-collision", "demo-1.0.data/data/a.py", id="data"),
        pytest.param("data/a", {"a/b": "x"}, "data-collision", "demo-1.0.data/data/a", id="file-on-a-folder"),
        pytest.param("data/a/b", {"a": "x"}, "data-collision", "demo-1.0.data/data/a/b", id="folder-on-a-file"),
        pytest.param(
            f"data/{DIST_INFO}/WHEEL", {}, "data-collision", f"demo-1.0.data/data/{DIST_INFO}/WHEEL", id="metadata"
        ),
        pytest.param(
            "purelib/other-2.0.dist-info/METADATA",
            {},
            "data-dist-info",
            "demo-1.0.data/purelib/other-2.0.dist-info/METADATA",
            id="another-projects-metadata",
        ),
    ],
)
def test_data_files_in_the_wrong_place(
    tmp_path: Path, data: str, files: dict[str, str], rule: str, member: str
) -> None:
    """A file of ``.data`` must be in a known scheme, and land where no other file of the wheel is."""
    assert found(make_wheel(tmp_path, files=files, data={data: "x"})) == [(rule, member)]


def test_a_file_named_as_the_data_folder(tmp_path: Path) -> None:
    """A file at the top that has the name of the ``.data`` folder is in no scheme: pip stumbles over it."""
    assert found(make_wheel(tmp_path, files={"demo-1.0.data": "x"})) == [("data-scheme", "demo-1.0.data")]


def test_schemes_collide_with_each_other(tmp_path: Path) -> None:
    """Two schemes that end in one folder cannot both have a file."""
    wheel = make_wheel(tmp_path, data={"purelib/a.py": "x", "data/a.py": "x"})
    assert found(wheel) == [("data-collision", "demo-1.0.data/data/a.py")]


def test_every_scheme_is_taken(tmp_path: Path) -> None:
    """All schemes of the specification are known, and scripts and headers land beside nothing."""
    data = {f"{scheme}/a{scheme}": "x" for scheme in ("purelib", "platlib", "headers", "scripts", "data")}
    assert told(make_wheel(tmp_path, files={"ascripts": "x", "aheaders": "x"}, data=data)) == []


def test_a_data_folder_need_not_be_normalised(tmp_path: Path) -> None:
    """The ``.data`` folder may be spelt otherwise than the file name."""
    wheel = read_wheel(make_wheel(tmp_path, files={"Demo-1.0.0.data/purelib/a.py": "x"}))
    assert wheel.data == "Demo-1.0.0.data"


@pytest.mark.parametrize(
    ("files", "rule", "member"),
    [
        ({"other-1.0.data/data/x": "x"}, "data-name", "other-1.0.data"),
        ({"demo-1.0.data/data/x": "x", "demo-1.0.0.data/data/y": "x"}, "data-several", "demo-1.0.data"),
    ],
)
def test_data_folders_of_others(tmp_path: Path, files: dict[str, str], rule: str, member: str) -> None:
    """There is one ``.data`` folder at most, and it is this wheel's."""
    assert found(make_wheel(tmp_path, files=files)) == [(rule, member)]


@pytest.mark.hostile("Wheels")
@pytest.mark.parametrize("name", ["../x", "a/b", "..", "a\\b", "c:x", "/x", ""])
@pytest.mark.parametrize("group", ["console_scripts", "gui_scripts"])
def test_scripts_that_climb_are_refused(tmp_path: Path, name: str, group: str) -> None:
    """The name of a script is the name of a file in one folder."""
    wheel = make_wheel(tmp_path, entry_points=f"[{group}]\n{name} = demo:main\n")
    assert found(wheel) == [("entry-point-climbs", f"{DIST_INFO}/entry_points.txt")]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[[console_scripts]]\n../x = demo:main\n", id="several brackets"),
        pytest.param("[console_scripts]]\n../x = demo:main\n", id="a bracket too many"),
        pytest.param("[console_scripts] [x\n../x = demo:main\n", id="more behind it"),
        pytest.param("[console_scripts]\n;../x = demo:main\n", id="comment"),
        pytest.param("[console_scripts]\n[x] = demo:main [y]\n../x = demo:main\n", id="a head for some"),
        pytest.param("[console_scripts]\na = x\x0c[other]\x0c../x = demo:main\n", id="one line for some"),
        pytest.param("[DEFAULT]\n../x = demo:main\n[console_scripts]\n", id="in each group"),
        pytest.param("[console_scripts]\na = ../x = demo:main\n", id="behind another name"),
    ],
)
def test_scripts_that_climb_for_some_are_refused(tmp_path: Path, text: str) -> None:
    """A name that climbs is found wherever an installer finds a script, though the specification has none there."""
    assert found(make_wheel(tmp_path, entry_points=text)) == [("entry-point-climbs", f"{DIST_INFO}/entry_points.txt")]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[console_scripts]\n; see https://example.org/a\na = demo:main\n", id="comment"),
        pytest.param("[console_scripts]\na = demo:main\n[x.console_scripts]\na/b = demo:main\n", id="like it"),
        pytest.param("  [console_scripts]\n  a = demo:main\n  [readers]\n  a/b = demo:main\n", id="indented"),
        pytest.param("[console_scripts]\ra = demo:main\r[readers]\ra/b = demo:main\r", id="other ends of lines"),
        pytest.param("[console_scripts]\na = demo:main [x=1]\nb == demo:main\n", id="several signs"),
    ],
)
def test_entry_points_that_only_look_so(tmp_path: Path, text: str) -> None:
    """Comments without a name, other groups and odd values are no scripts for anybody."""
    assert told(make_wheel(tmp_path, entry_points=text)) == []


def test_other_entry_points_may_have_any_name(tmp_path: Path) -> None:
    """Only scripts become files: other groups use slashes for media types and the like."""
    assert told(make_wheel(tmp_path, entry_points="[readers]\ntext/plain = demo:read\n# ../x\n")) == []


@pytest.mark.hostile("Wheels")
@pytest.mark.parametrize(
    ("file", "rule"),
    [
        ("demo.pth", "pth-file"),
        ("demo-1.0.data/purelib/demo.pth", "pth-file"),
        ("sitecustomize.py", "site-customization"),
        ("usercustomize/__init__.py", "site-customization"),
        ("json.py", "shadows-stdlib"),
        ("enum/__init__.py", "shadows-stdlib"),
        ("demo-1.0.data/platlib/random.cpython-312-x86_64-linux-gnu.so", "shadows-stdlib"),
    ],
)
def test_files_that_change_more_than_their_own_imports_are_warned_of(tmp_path: Path, file: str, rule: str) -> None:
    """What Python executes at its start, or takes in place of the standard library, is told."""
    assert told(make_wheel(tmp_path, files={file: "x"})) == [("warning", rule, file)]


@pytest.mark.parametrize(
    "file", ["demo/demo.pth", "demo/json.py", "json/data.txt", "jsonx.py", "demo/json/__init__.py"]
)
def test_files_that_change_nothing_else_are_not(tmp_path: Path, file: str) -> None:
    """Names that only look like those of the standard library are no finding."""
    assert told(make_wheel(tmp_path, files={file: "x"})) == []


def test_progress_counts_every_byte(tmp_path: Path) -> None:
    """The bytes that are told add up to the sizes of the members."""
    counted: list[int] = []
    wheel = read_wheel(make_wheel(tmp_path, files={"demo/data": bytes(3_000_000)}), on_inflated=counted.append)
    assert sum(counted) == sum(member.size for member in wheel.members)


def test_what_the_callback_raises_ends_the_reading(tmp_path: Path) -> None:
    """A caller that raises in the callback gets its own exception, and the wheel's file is closed."""

    def refuse(_: int) -> None:
        raise KeyboardInterrupt

    path = make_wheel(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        read_wheel(path, on_inflated=refuse)
    path.unlink()  # on Windows only a closed file can be removed


def test_a_wheel_that_is_not_there_is_no_wheel_error(tmp_path: Path) -> None:
    """A file that cannot be read says nothing about the wheel: the operating system's own error comes through."""
    with pytest.raises(FileNotFoundError):
        read_wheel(tmp_path / "demo-1.0-py3-none-any.whl")


@pytest.mark.hostile("Wheels")
@pytest.mark.parametrize(
    ("file", "content", "rule"),
    [
        pytest.param("entry_points.txt", b"\xff", "entry-points-encoding", id="entry-points-not-utf8"),
        pytest.param("RECORD", b"x" * 200_000, "record-encoding", id="record-no-csv"),
        pytest.param("RECORD", bytes(17 * 1024 * 1024), "metadata-size", id="record-too-large"),
        pytest.param("METADATA", bytes(17 * 1024 * 1024), "metadata-size", id="metadata-too-large"),
    ],
)
def test_metadata_that_cannot_be_read_is_refused(tmp_path: Path, file: str, content: bytes, rule: str) -> None:
    """A file of metadata that is no text, no table, or too large to hold, refuses the wheel."""
    assert found(make_wheel(tmp_path, files={f"{DIST_INFO}/{file}": content})) == [(rule, f"{DIST_INFO}/{file}")]


def test_a_compressed_tag_line_means_its_tags(tmp_path: Path) -> None:
    """A Tag line of WHEEL that is not expanded says the same as the lines that it stands for."""
    lines = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py2.py3-none-any\n"
    assert told(make_wheel(tmp_path, tag="py2.py3-none-any", files={f"{DIST_INFO}/WHEEL": lines})) == []


def test_a_tag_line_that_is_no_tag_differs(tmp_path: Path) -> None:
    """A Tag line that cannot be read is a tag that the file name does not have."""
    lines = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\nTag: nonsense\n"
    wheel = make_wheel(tmp_path, files={f"{DIST_INFO}/WHEEL": lines})
    assert told(wheel) == [("error", "wheel-tags", f"{DIST_INFO}/WHEEL")]
