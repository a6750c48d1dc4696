"""The archive: every way to lie in one is refused, every true form is taken."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest

from lambda_wheels.problems import Problem
from lambda_wheels.wheels import read_wheel
from tests.forged_zip import Entry, forge
from tests.wheel_factory import make_wheel
from tests.wheels.findings import found, refusal, told

VICTIM = "demo/__init__.py"
UNLISTED = "demo/unlisted.py"


@pytest.mark.hostile("Wheels")
@pytest.mark.parametrize(
    ("defect", "rule", "member"),
    [
        ("duplicate", "member-duplicate", VICTIM),
        ("duplicate-differs", "member-duplicate", VICTIM),
        ("unlisted-first", "archive-unlisted-member", UNLISTED),
        ("unlisted-middle", "archive-unlisted-member", UNLISTED),
        ("unlisted-last", "archive-unlisted-member", UNLISTED),
        ("overlap", "archive-overlap", VICTIM),
        ("same-place", "archive-overlap", "demo/twin.py"),
        ("offset-outside", "archive-directory", None),
        ("local-name", "archive-local-header", VICTIM),
        ("local-longer-name", "archive-local-header", VICTIM),
        ("local-method", "archive-local-header", VICTIM),
        ("local-flags", "archive-local-header", VICTIM),
        ("local-size", "archive-local-header", VICTIM),
        ("local-compressed-size", "archive-local-header", VICTIM),
        ("local-crc", "archive-local-header", VICTIM),
        ("descriptor-lies", "archive-descriptor", VICTIM),
        ("descriptor-missing", "archive-descriptor", VICTIM),
        ("encrypted", "archive-encrypted", VICTIM),
        ("strongly-encrypted", "archive-encrypted", VICTIM),
        ("unknown-flags", "archive-flags", VICTIM),
        ("bzip2", "archive-method", VICTIM),
        ("lzma", "archive-method", VICTIM),
        ("wrong-crc", "member-crc", VICTIM),
        ("flipped-bit", "member-stream", VICTIM),
        ("flipped-stored-bit", "member-crc", VICTIM),
        ("stream-too-long", "member-size", VICTIM),
        ("stream-too-short", "member-size", VICTIM),
        ("stream-cut-off", "member-stream", VICTIM),
        ("stream-then-rubbish", "member-stream", VICTIM),
        ("stream-rubbish", "member-stream", VICTIM),
        ("stream-empty", "member-stream", VICTIM),
        ("bytes-before", "archive-surplus-bytes", None),
        ("bytes-between", "archive-surplus-bytes", VICTIM),
        ("bytes-before-directory", "archive-surplus-bytes", "demo-1.0.dist-info/RECORD"),
        ("bytes-after", "archive-surplus-bytes", None),
        ("two-archives", "archive-unlisted-member", "x.py"),
        ("directory-size", "archive-directory", None),
        ("directory-place", "archive-directory", None),
        ("directory-count", "archive-directory", None),
        ("several-disks", "archive-directory", None),
        ("comment-cut-off", "archive-end", None),
        ("zip64-differs", "archive-zip64", None),
        ("zip64-misplaced", "archive-zip64", None),
        ("directory-too-large", "archive-directory", None),
        ("zip64-headers-lie", "archive-zip64", VICTIM),
        ("unicode-path", "member-name-hidden", VICTIM),
        ("unicode-path-in-header", "member-name-hidden", VICTIM),
        ("zip64-twice", "archive-zip64", VICTIM),
        ("extra-damaged", "archive-directory", VICTIM),
        ("bomb", "archive-too-large", None),
        ("bomb-that-lies", "member-size", VICTIM),
        ("empty", "archive-end", None),
        ("html", "archive-end", None),
        ("text", "archive-end", None),
        ("cut-off-by-1", "archive-end", None),
        ("cut-off-half", "archive-end", None),
        ("cut-off-early", "archive-end", None),
        ("only-end-record", "archive-directory", None),
        ("too-many-members", "archive-members", None),
    ],
)
def test_a_lie_is_refused(tmp_path: Path, defect: str, rule: str, member: str | None) -> None:
    """Each defect of the archive is told once, under its rule and at its member, and nothing else is."""
    assert found(make_wheel(tmp_path, defect=defect)) == [(rule, member)]


@pytest.mark.hostile("Wheels")
def test_a_place_inside_another_member_is_refused(tmp_path: Path) -> None:
    """A member that the directory puts into the middle of another one damages both."""
    wheel = make_wheel(tmp_path, defect="offset-in-the-middle")
    assert found(wheel) == [
        ("archive-local-header", VICTIM),
        ("archive-local-header", "demo-1.0.dist-info/METADATA"),
    ]


@pytest.mark.hostile("Wheels")
def test_two_whole_wheels_in_one_file_are_refused(tmp_path: Path) -> None:
    """Of two archives one after the other neither is read."""
    wheel = make_wheel(tmp_path)
    wheel.write_bytes(wheel.read_bytes() * 2)
    assert found(wheel) == [("archive-directory", None)]


@pytest.mark.hostile("Wheels")
@pytest.mark.parametrize("size", range(0, 850, 23))
def test_a_wheel_that_is_cut_off_is_refused(tmp_path: Path, size: int) -> None:
    """A wheel that ends too early is refused wherever that is."""
    wheel = make_wheel(tmp_path)
    content = wheel.read_bytes()
    assert len(content) > size
    wheel.write_bytes(content[:size])
    assert found(wheel) == [("archive-end", None)]


@pytest.mark.hostile("Wheels")
@pytest.mark.parametrize(
    "defect",
    [
        "descriptor",
        "descriptor-unsigned",
        "descriptor-wide",
        "zip64",
        "zip64-headers",
        "zip64-local-header",
        "comment",
        "local-extra",
    ],
)
def test_true_forms_are_taken(tmp_path: Path, defect: str) -> None:
    """Descriptors, zip64, comments and extra fields that tell the truth are taken, and change nothing."""
    plain, other = tmp_path / "plain", tmp_path / "other"
    plain.mkdir()
    other.mkdir()
    expected = read_wheel(make_wheel(plain))
    wheel = read_wheel(make_wheel(other, defect=defect))
    assert wheel.problems == ()
    assert {member.name: member.sha256 for member in wheel.members} == {
        member.name: member.sha256 for member in expected.members
    }


@pytest.mark.hostile("Wheels")
@pytest.mark.parametrize("seekable", [True, False], ids=["seekable", "stream"])
@pytest.mark.parametrize("zip64", [True, False], ids=["zip64", "plain"])
def test_what_zipfile_writes_is_taken(tmp_path: Path, seekable: bool, zip64: bool) -> None:
    """Archives as Python's own ``zipfile`` writes them, with zip64 and descriptors, are read."""
    source = make_wheel(tmp_path)

    class Stream(io.BytesIO):
        """A pipe: it cannot go back."""

        def seekable(self) -> bool:
            return seekable

        def tell(self) -> int:
            if not seekable:
                raise io.UnsupportedOperation
            return super().tell()

        def seek(self, *place: int) -> int:
            if not seekable:
                raise io.UnsupportedOperation
            return super().seek(*place)

    stream = Stream()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            with new.open(name, "w", force_zip64=zip64) as member:
                member.write(old.read(name))
    source.write_bytes(stream.getvalue())
    assert told(source) == []


def test_stored_members_are_taken(tmp_path: Path) -> None:
    """A member may be stored."""
    wheel = make_wheel(tmp_path, stored={VICTIM})
    assert [member.method for member in read_wheel(wheel).members] == [0, 8, 8, 8]


@pytest.mark.hostile("Wheels")
def test_damage_is_told_for_every_member(tmp_path: Path) -> None:
    """One damaged member does not hide another."""
    wheel = tmp_path / "demo-1.0-py3-none-any.whl"
    entries = [
        Entry(name=b"a.py", stream=b"\xff"),
        Entry(name=b"b.py", content=b"x", central={"crc": 7}, local={"crc": 7}),
    ]
    wheel.write_bytes(forge(entries))
    assert found(wheel) == [("member-stream", "a.py"), ("member-crc", "b.py"), ("dist-info-missing", None)]


@pytest.mark.hostile("Wheels")
def test_many_small_declarations_are_a_bomb_together(tmp_path: Path) -> None:
    """The sum of the declared sizes counts, before anything is inflated."""
    wheel = tmp_path / "demo-1.0-py3-none-any.whl"
    lie: dict[str, int | bytes] = {"size": 1_000_000}
    entries = [Entry(name=b"%d" % number, local=lie, central=lie, mode=stat.S_IFREG) for number in range(263)]
    wheel.write_bytes(forge(entries))
    assert found(wheel) == [("archive-too-large", None)]


def test_a_page_instead_of_a_wheel_is_explained(tmp_path: Path) -> None:
    """A page to log in, saved as a wheel, is told as what it is, with what to look at."""
    (problem,) = refusal(make_wheel(tmp_path, defect="html"))
    assert isinstance(problem, Problem)
    assert "HTML" in problem.message
    assert "proxy" in (problem.hint or "")
