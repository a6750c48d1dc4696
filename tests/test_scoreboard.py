"""The scoreboard counts what was tried and what held. (Writes the disk.)"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.scoreboard import END, START, Row, Scoreboard, read_rows, table, update

HERE = "tests/test_scoreboard.py::test_counting"


def report(outcome: str, *properties: tuple[str, object], when: str = "call", case: str = "[a]") -> pytest.TestReport:
    """What pytest tells of one case."""
    said = [("hostile", "Wheels"), ("sentence", "One | two."), *properties]
    return cast(
        "pytest.TestReport",
        SimpleNamespace(
            nodeid=HERE + case,
            when=when,
            duration=0.5,
            user_properties=said,
            passed=outcome == "passed",
            failed=outcome == "failed",
            skipped=outcome == "skipped",
            longrepr=("file", 1, "Skipped: no index"),
        ),
    )


def counted(*reports: pytest.TestReport) -> Row:
    """The row that comes of the reports."""
    board: Any = Scoreboard(None)
    for one in reports:
        board.pytest_runtest_logreport(one)
    [row] = board._rows.values()
    return cast("Row", row)


def test_counting() -> None:
    """Each case counts once, or as often as it says; one that fails counts what held before it."""
    row = counted(report("passed"), report("passed", ("tried", 40), ("tried", 2)), report("failed", ("tried", 7)))
    assert (row.tried, row.held) == (1 + 42 + 8, 1 + 42 + 7)
    assert row.notes == [f"**did not hold:** `{HERE}[a]`"]


def test_skipped() -> None:
    """What could not be tried does not count, and the reason is told."""
    row = counted(report("skipped", when="setup"))
    assert (row.tried, row.held, row.skipped) == (0, 0, ["no index"])
    assert "- not tried here: no index" in list(table([row]))


def test_page(tmp_path: Path) -> None:
    """The board stands between its comments, and what is around it stays."""
    page = tmp_path / "page.md"
    page.write_text(f"before\n{START}old\n{END}after\n")
    update(page, [counted(report("passed", ("note", "because")))])
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("after\n")
    assert "| One \\| two. | 1 | 1 |\n\n- because\n" in text
    assert "old" not in text


def test_rows_of_tests_that_are_gone(tmp_path: Path) -> None:
    """What is kept of a test that was removed or renamed is forgotten."""
    file = tmp_path / "rows.json"
    assert read_rows(file) == {}
    file.write_text(
        f'[{{"part": "Wheels", "test": "{HERE}", "sentence": "."}},'
        '{"part": "Wheels", "test": "tests/test_scoreboard.py::test_gone", "sentence": "."}]'
    )
    assert list(read_rows(file)) == [HERE]
