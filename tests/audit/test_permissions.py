"""Who may read a layer. (Pure.)"""

from __future__ import annotations

import pytest

from lambda_wheels.audit.permissions import not_executable, unreadable
from tests.audit.held_layers import held, said


@pytest.mark.parametrize(
    ("mode", "fine"),
    [
        (0o644, True),
        (0o444, True),
        (0o755, True),
        (0o664, True),
        (0o666, True),
        (0o640, False),
        (0o600, False),
        (0o711, False),
        (0, False),
        (None, True),
    ],
)
def test_files(mode: int | None, fine: bool) -> None:
    """Everyone has to be able to read a file; of a mode that is not known nothing is said."""
    found = unreadable(held(["python/a.py", "python/b.py"], modes={"python/b.py": mode}))
    assert said(found) == ([] if fine else [("mode-unreadable", "error", "python/b.py")])


@pytest.mark.parametrize(
    ("mode", "fine"), [(0o755, True), (0o775, True), (0o555, True), (0o750, False), (0o644, False), (None, True)]
)
def test_folders(mode: int | None, fine: bool) -> None:
    """Everyone has to be able to enter a folder, and to list it."""
    found = unreadable(held(["python/a.py"], folders={"python": mode}))
    assert said(found) == ([] if fine else [("mode-unreadable", "error", "python/")])


def test_counted() -> None:
    """Many are one finding."""
    [problem] = unreadable(held(["a", "b", "c"], modes=dict.fromkeys("abc", 0o600)))
    assert problem.message == "it has the mode 0600, and Lambda's user may not read it (and 2 other files)"


def test_programs() -> None:
    """What looks like a program in ``bin/`` has to be one that may be started; elsewhere nobody minds."""
    files = ["bin/tool", "bin/tool.json", "bin/lib/data", "python/bin/tool"]
    assert said(not_executable(held(files))) == [("mode-not-executable", "warning", "bin/tool")]
    assert said(not_executable(held(files, modes={"bin/tool": 0o755}))) == []
    assert said(not_executable(held(files, modes={"bin/tool": None}))) == []
