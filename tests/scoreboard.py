"""What was tried against us, and what held: a table of the tests marked ``hostile``. (Reads and writes the docs.)

A row is a test function: its docstring says what is tried and what is expected, each of its cases counts, and one that
tries many in a loop counts them with the fixture ``tried``. ``nox -s hostile`` runs all of them at full length, keeps
the rows, and writes the page; where only some are run, the rows of the others stay as they were.
"""

from __future__ import annotations

import argparse
import datetime
import inspect
import json
import platform
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

PARTS: Final = (
    "Wheels",
    "Requirements",
    "Indexes",
    "Secrets",
    "Pulled plugs",
    "Crowds",
    "Fuzz",
    "Sameness",
    "AWS",
)
"""What a test can be ``hostile`` in, in the order of the page."""

PAGE: Final = Path(__file__).parents[1] / "docs" / "reference" / "hostile.md"
START: Final = "<!-- scoreboard -->\n"
END: Final = "<!-- end of the scoreboard -->\n"


@dataclass(kw_only=True)
class Row:
    """What one test function has tried."""

    part: str
    test: str
    """Where it is: ``tests/hostile/test_x.py::test_y``."""
    sentence: str
    tried: int = 0
    held: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    """What is to be explained, one by one."""
    skipped: list[str] = field(default_factory=list)
    """Why some cases could not be tried."""
    date: str = ""
    python: str = ""


class Scoreboard:
    """The plugin that counts."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._rows: dict[str, Row] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Let part and sentence travel with the report, from another process too."""
        for item in items:
            if mark := item.get_closest_marker("hostile"):
                [part] = mark.args
                assert part in PARTS, f"{item.nodeid}: no such part: {part}"
                item.user_properties.append(("hostile", part))
                item.user_properties.append(("sentence", inspect.getdoc(getattr(item, "obj", None)) or ""))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a case, or as many as the test says."""
        properties: list[tuple[str, Any]] = report.user_properties
        said = dict(properties)
        if "hostile" not in said:
            return
        test = report.nodeid.partition("[")[0]
        row = self._rows.get(test)
        if row is None:
            sentence = said["sentence"].partition("\n\n")[0].replace("\n", " ")
            row = self._rows[test] = Row(part=said["hostile"], test=test, sentence=sentence)
            row.date, row.python = f"{datetime.date.today()}", platform.python_version()
        row.seconds += report.duration
        if report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            row.skipped.append(reason.removeprefix("Skipped: "))
        elif report.failed:
            held = sum(value for name, value in properties if name == "tried") if report.when == "call" else 0
            row.tried, row.held = row.tried + held + 1, row.held + held
            row.notes.append(f"**did not hold:** `{report.nodeid}`")
        elif report.when == "call":
            counted = [value for name, value in properties if name == "tried"]
            number = sum(counted) if counted else 1
            row.tried, row.held = row.tried + number, row.held + number
            row.notes += [value for name, value in properties if name == "note"]

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the table, and keep the rows where that was asked for."""
        if self._file is None or not self._rows:
            return
        rows = read_rows(self._file) | self._rows
        self._file.write_text(json.dumps([asdict(row) for row in rows.values()], indent=1) + "\n", encoding="utf-8")
        terminalreporter.section("scoreboard")
        for line in table(self._rows.values()):
            terminalreporter.write_line(line)


def read_rows(file: Path) -> dict[str, Row]:
    """The rows that were kept, by test; those of tests that are gone are left out."""
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    rows = [Row(**row) for row in kept]
    sources = {row.test: Path(__file__).parents[1] / row.test.partition("::")[0] for row in rows}
    return {
        row.test: row
        for row in rows
        if (source := sources[row.test]).exists()
        and f"def {row.test.rpartition('::')[2]}(" in source.read_text(encoding="utf-8")
    }


def table(rows: Iterable[Row]) -> Iterator[str]:
    """The board in Markdown: a table for each part, then what is to be explained."""
    ordered = sorted(rows, key=lambda row: (PARTS.index(row.part), row.test))
    tried, held = sum(row.tried for row in ordered), sum(row.held for row in ordered)
    yield f"Tried: {tried:,}. Held: {held:,}."
    for part in PARTS:
        own = [row for row in ordered if row.part == part]
        if not own:
            continue
        dates = sorted({row.date for row in own})
        pythons = sorted({row.python for row in own})
        yield ""
        yield f"## {part}"
        yield ""
        yield f"On {' and '.join(dates)}, Python {' and '.join(pythons)}."
        yield ""
        yield "| what was tried, and what is expected | tried | held |"
        yield "|---|---:|---:|"
        for row in own:
            sentence = row.sentence.replace("|", r"\|")
            yield f"| {sentence} | {row.tried:,} | {row.held:,} |"
        notes = [note for row in own for note in row.notes]
        reasons = [f"not tried here: {reason}" for reason in sorted({reason for row in own for reason in row.skipped})]
        if notes or reasons:
            yield ""
            yield from (f"- {note}" for note in (*notes, *reasons))


def update(page: Path, rows: Iterable[Row]) -> None:
    """Write the board into the page, between its two comments."""
    before, found, rest = page.read_text(encoding="utf-8").partition(START)
    _, ended, after = rest.partition(END)
    assert found and ended, f"{page} has no place for the scoreboard"
    board = "\n".join(table(rows))
    page.write_text(f"{before}{START}\n{board}\n\n{END}{after}", encoding="utf-8")


def main() -> int:
    """Write the page; 1 if something did not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.scoreboard", description="Write the scoreboard's page.")
    parser.add_argument("rows", type=Path, help="the file of pytest's --scoreboard")
    rows = read_rows(parser.parse_args().rows).values()
    update(PAGE, rows)
    return int(any(row.tried != row.held for row in rows))


if __name__ == "__main__":
    sys.exit(main())
