"""Every kind of hostile or broken wheel, with what is to come of it. (A table; its functions write the disk.)"""

from __future__ import annotations

import enum
import functools
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests import elf_factory
from tests.elf_factory import elf
from tests.wheel_defects import DEFECTS
from tests.wheel_factory import make_wheel

VICTIM: Final = "demo/__init__.py"
INFO: Final = "demo-1.0.dist-info"
DATA: Final = "demo-1.0.data"
LINUX: Final = "cp313-cp313-manylinux_2_17_aarch64"


class Verdict(enum.Enum):
    """What is to come of a wheel."""

    REFUSED = enum.auto()
    WARNED = enum.auto()
    """Taken with a warning, which is an error under ``strict``."""
    NORMALISED = enum.auto()
    """Taken without a word; nothing of it is seen in the layer."""


class Kind(NamedTuple):
    """One way in which a wheel can be wrong, or only unusual."""

    section: str
    name: str
    verdict: Verdict
    rule: str | None
    member: str | None
    make: Callable[[Path], Path]
    """Writes the wheel into a folder."""


def kinds() -> Iterator[Kind]:
    """The table, section after section of the catalogue."""
    yield from _names()
    yield from _archives()
    yield from _modes()
    yield from _wheels()
    yield from _natives()


def _kind(
    section: str,
    name: str,
    rule: str | None,
    member: str | None,
    *,
    verdict: Verdict = Verdict.REFUSED,
    **options: Any,
) -> Kind:
    return Kind(section, name, verdict, rule, member, functools.partial(_make, options=options))


def _make(folder: Path, options: Mapping[str, Any]) -> Path:
    return make_wheel(folder, **options)


_BAD_NAMES: Final = {
    "absolute": ("/etc/passwd", "absolute"),
    "slashes": ("//server/share/x.py", "absolute"),
    "unc": ("\\\\server\\share\\x.py", "backslash"),
    "climbs-at-the-start": ("../x.py", "climbs"),
    "climbs-inside": ("demo/../../x.py", "climbs"),
    "climbs-at-the-end": ("demo/..", "climbs"),
    "climbs-from-data": (f"{DATA}/data/../../x.py", "climbs"),
    "backslash": ("demo\\x.py", "backslash"),
    "backslash-climbs": ("..\\x.py", "backslash"),
    "drive": ("C:/x.py", "drive"),
    "drive-relative": ("c:x.py", "drive"),
    "drive-inside": ("demo/C:/x.py", "drive"),
    "dot-at-the-start": ("./x.py", "dot"),
    "dot-inside": ("demo/./x.py", "dot"),
    "only-a-dot": (".", "dot"),
    "only-dots": ("..", "climbs"),
    "empty-component": ("demo//x.py", "empty"),
    "empty": ("", "empty"),
    "only-a-slash": ("/", "empty"),
    "nul": ("demo/x.py\0.txt", "control"),
    "newline": ("demo/x\nerror[x] all is well.py", "control"),
    "carriage-return": ("demo/x\rerror[x] all is well.py", "control"),
    "escape": ("demo/x\x1b[2J.py", "control"),
    "title": ("demo/x\x1b]0;gone\x07.py", "control"),
    "del": ("demo/x\x7f.py", "control"),
    "next-line": ("demo/x\x85.py", "control"),
    "line-separator": ("demo/x\u2028.py", "control"),
    "right-to-left": ("demo/x\u202eyp.exe", "bidirectional"),
    "isolate": ("demo/x\u2066.py", "bidirectional"),
    "mark": ("demo/\u200f.py", "bidirectional"),
    "component-of-256-bytes": ("demo/" + "x" * 256, "length"),
    "component-of-128-accents": ("demo/" + "é" * 128, "length"),
    "path-of-1025-bytes": ("a/" * 512 + "x", "length"),
    "path-of-60000-bytes": ("a/" * 30_000 + "x", "length"),
    "not-utf8": ("demo/\udcff.py", "encoding"),
    "half-a-surrogate-pair": ("demo/\udced\udca0\udc80.py", "encoding"),
    "overlong-utf8": ("\udcc0\udcae\udcc0\udcae/x.py", "encoding"),
}
"""By what is wrong with it, a name and the rule that it breaks."""


def _names() -> Iterator[Kind]:
    for what, (name, rule) in _BAD_NAMES.items():
        yield _kind("Member names", what, f"member-name-{rule}", name, files={name: "x = 1\n"})
    for what, file, folder in (("file-and-folder", "demo", "demo/a.py"), ("deeper", "demo/a", "demo/a/b/c.py")):
        yield _kind("Member names", what, "member-file-and-folder", file, files={file: "x", folder: "x"})
    files = {"demo/a": "x", "demo/a/": ""}
    yield _kind("Member names", "file-and-folder-member", "member-file-and-folder", "demo/a", files=files)
    files = {"demo/é.py": "x = 1\n"}
    yield _kind("Member names", "no-utf8-flag", "member-name-encoding", "demo/é.py", files=files, defect="no-utf8-flag")
    for what, names, rule in (
        ("case", ["demo/A.py", "demo/a.py"], "case"),
        ("composed", ["demo/\u00e9", "demo/e\u0301"], "case"),
        ("device", ["demo/con"], "reserved"),
        ("device-with-ending", ["demo/NUL.txt"], "reserved"),
        ("device-as-folder", ["lpt1/x"], "reserved"),
        ("trailing-dot", ["demo/x."], "trailing"),
        ("trailing-space", ["demo /x"], "trailing"),
        ("three-dots", ["demo/.../x"], "trailing"),
    ):
        files = dict.fromkeys(names, "x")
        rule = f"member-name-{rule}"
        yield _kind("Member names", what, rule, names[-1], verdict=Verdict.WARNED, files=files)


_ARCHIVE: Final = {
    "member-duplicate": "duplicate duplicate-differs",
    "archive-overlap": "overlap",
    "archive-local-header": "offset-in-the-middle local-name local-longer-name local-method local-flags local-size"
    " local-compressed-size local-crc",
    "archive-descriptor": "descriptor-lies descriptor-missing",
    "archive-encrypted": "encrypted strongly-encrypted",
    "archive-flags": "unknown-flags",
    "archive-method": "bzip2 lzma",
    "member-crc": "wrong-crc flipped-stored-bit",
    "member-stream": "flipped-bit stream-cut-off stream-then-rubbish stream-rubbish stream-empty",
    "member-size": "stream-too-long stream-too-short bomb-that-lies",
    "archive-surplus-bytes": "bytes-between",
    "archive-zip64": "zip64-headers-lie zip64-twice",
    "member-name-hidden": "unicode-path unicode-path-in-header",
    "archive-directory": "extra-damaged",
}
"""Defects of the first member, by rule."""
_ARCHIVE_AT_ALL: Final = {
    "archive-directory": "offset-outside directory-size directory-place directory-count several-disks only-end-record"
    " directory-too-large comment-with-end-record",
    "archive-surplus-bytes": "bytes-before bytes-after",
    "archive-end": "comment-cut-off empty html text cut-off-by-1 cut-off-half cut-off-early",
    "archive-zip64": "zip64-differs zip64-misplaced",
    "archive-too-large": "bomb",
    "archive-members": "too-many-members",
}
"""Defects of the whole file, by rule."""
_ARCHIVE_AT: Final = {
    "unlisted-first": ("archive-unlisted-member", "demo/unlisted.py"),
    "unlisted-middle": ("archive-unlisted-member", "demo/unlisted.py"),
    "unlisted-last": ("archive-unlisted-member", "demo/unlisted.py"),
    "two-archives": ("archive-unlisted-member", "x.py"),
    "same-place": ("archive-overlap", "demo/twin.py"),
    "bytes-before-directory": ("archive-surplus-bytes", f"{INFO}/RECORD"),
}
_ARCHIVE_TRUE: Final = (
    "descriptor descriptor-unsigned descriptor-wide zip64 zip64-headers zip64-local-header comment longest-comment"
    " member-comment dos-attributes local-extra largest-extra"
)


def _archives() -> Iterator[Kind]:
    for rule, defects in _ARCHIVE.items():
        yield from (_kind("Archive", one, rule, VICTIM, defect=one) for one in defects.split())
    for rule, defects in _ARCHIVE_AT_ALL.items():
        yield from (_kind("Archive", one, rule, None, defect=one) for one in defects.split())
    for defect, (rule, member) in _ARCHIVE_AT.items():
        yield _kind("Archive", defect, rule, member, defect=defect)
    for defect in _ARCHIVE_TRUE.split():
        yield _kind("Archive", defect, None, None, verdict=Verdict.NORMALISED, defect=defect)


def _modes() -> Iterator[Kind]:
    for what, mode, rule in (
        ("symlink", stat.S_IFLNK | 0o777, "symlink"),
        ("fifo", stat.S_IFIFO | 0o644, "fifo"),
        ("character-device", stat.S_IFCHR | 0o644, "device"),
        ("block-device", stat.S_IFBLK | 0o644, "device"),
        ("socket", stat.S_IFSOCK | 0o644, "socket"),
        ("folder-named-as-a-file", stat.S_IFDIR | 0o755, "kind"),
        ("unknown-kind", 0xE000 | 0o644, "kind"),
    ):
        yield _kind("Modes", what, f"member-{rule}", VICTIM, files={VICTIM: "/etc/passwd"}, modes={VICTIM: mode})
    link = {"demo/": stat.S_IFLNK | 0o777}
    yield _kind("Modes", "folder-with-data", "member-folder-data", "demo/", files={"demo/": "data"})
    yield _kind("Modes", "folder-that-is-a-link", "member-symlink", "demo/", files={"demo/": ""}, modes=link)
    for mode in (0o4755, 0o2755, 0o6777, 0o1644, 0o000, 0o600, 0o666, 0o777):
        modes = {VICTIM: stat.S_IFREG | mode}
        yield _kind("Modes", f"mode-{mode:04o}", None, None, verdict=Verdict.NORMALISED, modes=modes)
    for mode in (0, 0o664, 0o775):
        yield _kind("Modes", f"no-type-{mode:04o}", None, None, verdict=Verdict.NORMALISED, modes={VICTIM: mode})


_WHEEL: Final = {
    "wheel-missing": ("wheel-file-missing", "WHEEL"),
    "wheel-version-2": ("wheel-version", "WHEEL"),
    "wheel-version-none": ("wheel-version", "WHEEL"),
    "wheel-not-utf8": ("wheel-file-encoding", "WHEEL"),
    "wheel-other-tag": ("wheel-tags", "WHEEL"),
    "wheel-no-tag": ("wheel-tags", "WHEEL"),
    "wheel-other-build": ("wheel-build", "WHEEL"),
    "wheel-purelib-none": ("wheel-purelib", "WHEEL"),
    "metadata-missing": ("metadata-missing", "METADATA"),
    "metadata-other-name": ("metadata-name", "METADATA"),
    "metadata-two-names": ("metadata-name", "METADATA"),
    "metadata-other-version": ("metadata-version", "METADATA"),
    "metadata-no-version": ("metadata-version", "METADATA"),
    "metadata-not-utf8": ("metadata-encoding", "METADATA"),
    "record-missing": ("record-missing", "RECORD"),
    "record-not-utf8": ("record-encoding", "RECORD"),
    "record-two-columns": ("record-row", "RECORD"),
}
"""Defects in a file of the dist-info folder."""
_RECORD: Final = {
    "record-hash": ("record-hash", VICTIM),
    "record-no-hash": ("record-hash", VICTIM),
    "record-md5": ("record-digest", VICTIM),
    "record-size": ("record-size", VICTIM),
    "record-missing-row": ("record-missing-row", VICTIM),
    "record-surplus-row": ("record-surplus-row", "demo/gone.py"),
    "record-duplicate-row": ("record-duplicate-row", VICTIM),
    "dist-info-missing": ("dist-info-missing", None),
    "dist-info-twice": ("dist-info-several", INFO),
    "dist-info-other-project": ("dist-info-name", "other-1.0.dist-info"),
    "dist-info-other-version": ("dist-info-name", "demo-2.0.dist-info"),
}
_LANDINGS: Final = {
    "unknown-scheme": ("unknown/x", {}, "data-scheme"),
    "no-scheme": ("x", {}, "data-scheme"),
    "scheme-is-a-file": ("purelib", {}, "data-scheme"),
    "lands-on-a-file": ("purelib/a.py", {"a.py": "x"}, "data-collision"),
    "lands-on-a-file-from-data": ("data/a.py", {"a.py": "x"}, "data-collision"),
    "lands-on-a-folder": ("data/a", {"a/b": "x"}, "data-collision"),
    "lands-below-a-file": ("data/a/b", {"a": "x"}, "data-collision"),
    "lands-on-its-metadata": (f"data/{INFO}/WHEEL", {}, "data-collision"),
    "lands-in-anothers-metadata": ("purelib/six-2.0.dist-info/METADATA", {}, "data-dist-info"),
}


def _wheels() -> Iterator[Kind]:
    for defect, (rule, name) in _WHEEL.items():
        yield _kind("Wheel", defect, rule, f"{INFO}/{name}", defect=defect)
    for defect, (rule, member) in _RECORD.items():
        yield _kind("Wheel", defect, rule, member, defect=defect)
    for what, (path, files, rule) in _LANDINGS.items():
        yield _kind("Wheel", what, rule, f"{DATA}/{path}", files=files, data={path: "x"})
    for number, name in enumerate(("../x", "a/b", "..", "a\\b", "c:x", "/x", "")):
        text = f"[console_scripts]\n{name} = demo:main\n"
        member = f"{INFO}/entry_points.txt"
        yield _kind("Wheel", f"entry-point-climbs-{number}", "entry-point-climbs", member, entry_points=text)
    yield _kind("Wheel", "requires-python-excludes", "requires-python", None, requires_python=">=3.14")
    yield _kind("Wheel", "not-a-requirement", "metadata-requires-dist", f"{INFO}/METADATA", requires=["six >> 1"])
    yield _kind("Wheel", "option-for-pip", "metadata-requires-dist", f"{INFO}/METADATA", requires=["--index-url=x"])
    for file, rule in (
        ("demo.pth", "pth-file"),
        (f"{DATA}/purelib/demo.pth", "pth-file"),
        ("sitecustomize.py", "site-customization"),
        ("usercustomize/__init__.py", "site-customization"),
        ("json.py", "shadows-stdlib"),
        (f"{DATA}/platlib/random.py", "shadows-stdlib"),
    ):
        yield _kind("Wheel", file.replace("/", "-"), rule, file, verdict=Verdict.WARNED, files={file: "x = 1\n"})
    member = f"{INFO}/WHEEL"
    yield _kind(
        "Wheel", "wheel-version-1.1", "wheel-version", member, verdict=Verdict.WARNED, defect="wheel-version-1.1"
    )
    usual: dict[str, dict[str, Any]] = {
        "record-jws": {"files": {VICTIM: "x = 1\n", f"{INFO}/RECORD.jws": "{}"}},
        "record-p7s": {"files": {VICTIM: "x = 1\n", f"{INFO}/RECORD.p7s": "x"}},
        "record-backslashes": {"defect": "record-backslashes"},
        "record-dot-slash": {"defect": "record-dot-slash"},
        "dist-info-not-normalised": {"defect": "dist-info-not-normalised"},
        "folder-members": {"files": {"demo/": "", VICTIM: "x = 1\n", "demo/empty/": ""}},
    }
    for what, options in usual.items():
        yield _kind("Wheel", what, None, None, verdict=Verdict.NORMALISED, **options)


def _natives() -> Iterator[Kind]:
    arm, so = "aarch64", "demo/x.so"
    for what, rule, content in (
        ("wrong-machine", "wrong-machine", elf(machine="x86_64")),
        ("32-bit", "wrong-machine", elf(machine="arm", bits=32)),
        ("big-endian", "wrong-machine", elf(machine="aarch64", little_endian=False)),
        ("truncated", "native-damaged", elf(machine=arm)[:-1]),
        ("truncated-in-its-header", "native-damaged", elf(machine=arm)[:40]),
        ("too-many-headers", "native-damaged", elf(machine=arm, header={"e_phnum": 0xFFFE})),
        ("sections-far-away", "native-damaged", elf(machine=arm, header={"e_shoff": 2**63, "e_shnum": 0xFFFF})),
        ("headers-far-away", "native-damaged", elf(machine=arm, header={"e_phoff": 2**64 - 1})),
        ("text", "native-damaged", b"not a library"),
        ("mach-o", "foreign-binary", elf_factory.MACH_O),
        ("fat-mach-o", "foreign-binary", elf_factory.FAT_MACH_O),
        ("pe", "foreign-binary", elf_factory.PE),
        ("missing-library", "missing-library", elf(["libGL.so.1"], machine=arm)),
        ("missing-symbol", "missing-symbol-version", elf(versions={"libc.so.6": ["GLIBC_2.99"]}, machine=arm)),
    ):
        yield _kind("Native code", what, rule, so, tag=LINUX, files={so: content})
    for name, content in (("x.pyd", elf_factory.PE), ("x.dll", elf_factory.PE), ("x.dylib", elf_factory.MACH_O)):
        yield _kind("Native code", name, "foreign-binary", f"demo/{name}", tag=LINUX, files={f"demo/{name}": content})
    other = "demo/x.cpython-312-aarch64-linux-gnu.so"
    content = elf(machine=arm)
    yield _kind("Native code", "another-python", "extension-name", other, tag=LINUX, files={other: content})
    yield _kind("Native code", "any", "native-in-any", so, files={so: content})
    files = {VICTIM: "x = 1\n", "demo/launcher.exe": elf_factory.PE}
    yield _kind("Native code", "launcher", None, None, verdict=Verdict.NORMALISED, files=files)


def untold() -> frozenset[str]:
    """The defects that the table does not have."""
    used = {kind.make.keywords["options"].get("defect") for kind in kinds() if isinstance(kind.make, functools.partial)}
    return DEFECTS - used
