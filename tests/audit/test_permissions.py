"""Who may read a layer, and where its links lead. (Pure.)"""

from __future__ import annotations

import pytest

from lambda_wheels.audit.held import led
from lambda_wheels.audit.permissions import links, not_executable, unreadable
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


@pytest.mark.parametrize(
    ("link", "to", "severity"),
    [
        pytest.param("lib/libx.so", "libx.so.1", None, id="beside it"),
        pytest.param("python/libx.so", "../lib/libx.so.1", None, id="elsewhere in the layer"),
        pytest.param("python/libx.so", "/opt/lib/libx.so.1", None, id="by its whole path in Lambda"),
        pytest.param("python/again", "../lib", None, id="a folder"),
        pytest.param("python/top", "..", None, id="all of it"),
        pytest.param("python/self", "self", None, id="itself, which does no harm"),
        pytest.param("lib/gone", "libgone.so", "warning", id="nowhere"),
        pytest.param("bin/python", "/usr/bin/python3.13", "error", id="the machine that made it"),
        pytest.param("lib/out", "../../etc/passwd", "error", id="climbs"),
        pytest.param("lib/root", "/", "error", id="the root"),
        pytest.param("lib/near", "/optional/x", "error", id="a name that begins alike"),
    ],
)
def test_links(link: str, to: str, severity: str | None) -> None:
    """A link that stays within the layer is fine."""
    found = links(held(["lib/libx.so.1"], links={link: to}))
    assert said(found) == ([("link-leads-out", severity, link)] if severity else [])


def test_links_through_links() -> None:
    """A link that leads through a link to a folder may well lead somewhere; each that is broken is told by itself."""
    through = {"lib64": "lib", "python/libx.so": "../lib64/libx.so.1"}
    assert said(links(held(["lib/libx.so.1"], links=through))) == []
    through["lib64"] = "gone"
    assert said(links(held(["lib/libx.so.1"], links=through))) == [("link-leads-out", "warning", "lib64")]


def test_led() -> None:
    """Where a link leads is told from ``/opt``."""
    assert led("python/a/link", "../b") == "python/b"
    assert led("link", "..") == ".."
