"""Small wheels that ask for much: millions of lines, of folders, of tags; bounded in time, and told in few words."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

import pytest

from lambda_wheels import Severity
from lambda_wheels.wheels import read_wheel, reader
from tests.hostile.locked_builds import Refused, Taken
from tests.hostile.wheel_kinds import INFO, VICTIM
from tests.wheel_factory import make_wheel

pytestmark = pytest.mark.hostile("Wheels")

METADATA: Final = f"{INFO}/METADATA"
RECORD: Final = f"{INFO}/RECORD"
WHEEL: Final = f"{INFO}/WHEEL"
SECONDS: Final = 60.0
"""Of the processor's time. Generous: most take less than one."""


def metadata(*lines: str) -> dict[str, Any]:
    """A wheel whose METADATA goes on with ``lines``."""
    text = "\n".join(["Metadata-Version: 2.1", "Name: demo", "Version: 1.0", *lines, ""])
    return {"files": {VICTIM: "x = 1\n", METADATA: text}}


def tags(*lines: str) -> dict[str, Any]:
    """A wheel with these lines in WHEEL."""
    text = "\n".join(["Wheel-Version: 1.0", "Root-Is-Purelib: true", *lines, ""])
    return {"files": {VICTIM: "x = 1\n", WHEEL: text}}


def record(text: str) -> dict[str, Any]:
    """A wheel with this RECORD."""
    return {"files": {VICTIM: "x = 1\n", RECORD: text}}


LONG: Final = "1" * 5_000
"""A number that Python does not read."""
PARTS: Final = ["-".join([".".join(f"{letter}{number}" for number in range(1_000)) for letter in "abc"])]
"""A thousand million tags."""
DEEP: Final = "(" * 5_000 + "os_name == 'posix'" + ")" * 5_000

FLOODS: Final[dict[str, tuple[str, str | None, dict[str, Any]]]] = {
    "version-of-5000-digits": ("metadata-version", METADATA, {"files": {METADATA: f"Name: demo\nVersion: {LONG}\n"}}),
    "requirement-of-5000-digits": ("metadata-requires-dist", METADATA, metadata(f"Requires-Dist: a>={LONG}")),
    "marker-of-5000-digits": (
        "metadata-requires-dist",
        METADATA,
        metadata(f"Requires-Dist: a; python_version > '{LONG}'"),
    ),
    "python-of-5000-digits": ("metadata-requires-python", METADATA, metadata(f"Requires-Python: >={LONG}")),
    "marker-of-5000-brackets": ("metadata-requires-dist", METADATA, metadata(f"Requires-Dist: a; {DEEP}")),
    "marker-of-20000-clauses": (
        "metadata-requires-dist",
        METADATA,
        metadata("Requires-Dist: a; " + " or ".join(["os_name == 'x'"] * 20_000)),
    ),
    "500000-requirements": (
        "metadata-size",
        METADATA,
        metadata(*(f"Requires-Dist: a{number}" for number in range(500_000))),
    ),
    "4000-that-are-none": ("metadata-requires-dist", METADATA, metadata(*["Requires-Dist: a b"] * 4_000)),
    "9000-that-are-none": ("metadata-size", METADATA, metadata(*["Requires-Dist: a b"] * 9_000)),
    "100000-specifiers": (
        "metadata-requires-python",
        METADATA,
        metadata("Requires-Python: " + ",".join(f"!={number}.1" for number in range(100_000))),
    ),
    "name-of-10-million-letters": ("metadata-name", METADATA, {"files": {METADATA: f"Name: {'x' * 10**7}\n"}}),
    "metadata-of-17-million-bytes": ("metadata-size", METADATA, metadata("X: " + "x" * 17 * 1024**2)),
    "4-million-folded-lines": ("metadata-size", METADATA, metadata("X: 1", " y\n" * 4_000_000)),
    "2-million-carriage-returns": ("metadata-size", METADATA, metadata("X: 1\r" * 2_000_000)),
    "500000-extras": ("metadata-size", METADATA, metadata(*["Provides-Extra: a"] * 500_000)),
    "wheel-file-of-2-million-bytes": ("metadata-size", WHEEL, tags(*["Tag: py3-none-any"] * 130_000)),
    "a-thousand-million-tags": ("wheel-tags", WHEEL, tags("Tag: py3-none-any", *(f"Tag: {part}" for part in PARTS))),
    "a-million-rows": ("metadata-size", RECORD, record("a\n" * 10**6)),
    "60000-rows-of-one-column": ("record-row", RECORD, record("a\n" * 60_000)),
    "60000-surplus-rows": ("record-surplus-row", "0", record("".join(f"{number},,\n" for number in range(60_000)))),
    "field-of-200000-letters": ("record-encoding", RECORD, record("x" * 200_000)),
    "quotation-that-does-not-end": ("record-row", RECORD, record(f'"{VICTIM},,\n{METADATA},,\n')),
    "100000-scripts-that-climb": (
        "entry-point-climbs",
        f"{INFO}/entry_points.txt",
        {"entry_points": "[console_scripts]\n" + "/=x\n" * 100_000},
    ),
    "entry-points-of-2-million-bytes": (
        "metadata-size",
        f"{INFO}/entry_points.txt",
        {"entry_points": "[console_scripts]\n" + "a=x\n" * 500_000},
    ),
    "20000-bad-names": ("member-name-climbs", "../0", {"files": {f"../{number}": "" for number in range(20_000)}}),
    "100000-folders": (
        "archive-members",
        None,
        {"files": {f"{number}/" + "a/" * 450 + "x": "" for number in range(220)}},
    ),
    "name-of-32000-accents": ("member-name-length", "\u0315\u0300" * 8_000, {"files": {"\u0315\u0300" * 8_000: "x"}}),
    "dist-info-in-two-cases": (
        "dist-info-several",
        INFO,
        {"files": {VICTIM: "x = 1\n", "DEMO-1.0.dist-info/METADATA": "Name: demo\n"}},
    ),
}
"""By what there is too much of: the rule, the member, and the wheel."""
DAILY: Final = 4


@pytest.mark.parametrize(
    ("rule", "member", "options"),
    [
        pytest.param(*row, id=name, marks=() if number % DAILY == 0 else pytest.mark.long)
        for number, (name, row) in enumerate(FLOODS.items())
    ],
)
def test_floods(rule: str, member: str | None, options: dict[str, Any], refused: Refused, tmp_path: Path) -> None:
    """A small wheel with far too much of something: refused within a minute, in words that fit a few screens."""
    path = make_wheel(tmp_path, **options)
    began = time.process_time()
    error = refused(path)
    assert time.process_time() - began < SECONDS
    first = next(problem for problem in error.problems if problem.rule == rule)
    assert first.severity is Severity.ERROR
    assert member is None or first.member == member
    assert len(error.problems) <= 250
    assert max(map(len, str(error).splitlines())) < 8_000
    assert len(str(error)) < 60_000


@pytest.mark.long
@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"files": {f"demo/{number}": "" for number in range(60_000)}}, id="60000-members"),
        pytest.param({"files": {f"{number}" + "\u0315\u0300" * 60: "" for number in range(20_000)}}, id="accents"),
        pytest.param({"files": {VICTIM: "x", "demo/zeros": bytes(250_000_000)}}, id="zeros-up-to-the-limit"),
    ],
)
def test_much_that_is_allowed(options: dict[str, Any], built: Taken, tmp_path: Path) -> None:
    """A wheel with as much of something as is allowed, or as cannot hurt: taken, or refused, within a minute."""
    path = make_wheel(tmp_path, **options)
    began = time.process_time()
    built(path)
    assert time.process_time() - began < SECONDS


def test_bytecode_of_one_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand files of bytecode beside one source: it is read for a few of them, the others count as not of it."""
    header = b"\r\n" + (1).to_bytes(4, "little") + bytes(8)  # unchecked, and of another source
    caches = {
        f"demo/__pycache__/x.cpython-{number}.pyc": (3500 + number).to_bytes(2, "little") + header
        for number in range(1_000)
    }
    path = make_wheel(tmp_path, files={VICTIM: "", "demo/x.py": "x = 1\n", **caches})
    read: list[str] = []
    original = reader.read_member

    def read_member(file: Any, member: Any) -> bytes:
        read.append(member.name)
        return original(file, member)

    monkeypatch.setattr(reader, "read_member", read_member)
    wheel = read_wheel(path)
    assert read.count("demo/x.py") == 64
    assert len(wheel.pycs) == 1_000
