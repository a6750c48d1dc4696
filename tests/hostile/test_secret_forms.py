"""The search for secrets finds what is planted. (Writes the disk, starts processes.)"""

from __future__ import annotations

import base64
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.hostile.secret_forms import Watch, chain, contents, forms, found

SECRET = 'Ses@me/%? x&"+'
ALL = forms(SECRET, "alice")


@pytest.mark.parametrize(
    "text",
    [
        f"the password is {SECRET}!",
        "https://alice:Ses%40me%2F%25%3F%20x%26%22%2B@example.org/",
        "https://alice:Ses%40me%2f%25%3f%20x%26%22%2b@example.org/",
        "next=Ses%40me%2F%25%3F+x%26%22%2B",
        "Ses%2540me%252F%2525%253F%2520x%2526%2522%252B",
        f"Basic {base64.b64encode(f'alice:{SECRET}'.encode()).decode()}",
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
        f"{{'password': {SECRET!r}}}",
        '{"password": "Ses@me/%? x&\\"+"}',
    ],
)
def test_forms(text: str) -> None:
    """Each form of a secret is found."""
    assert found(text, ALL)
    assert found(text.encode(), ALL)


def test_nothing() -> None:
    """A text without it has none."""
    assert not found("Open sesame, alice", ALL)


def _fail() -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        raise KeyError("x") from None


def test_chain() -> None:
    """What an error came of is told, raised or only at hand, to the end."""
    with pytest.raises(KeyError) as caught:
        _fail()
    assert any(found(text, ALL) for text in chain(caught.value))


def test_contents(tmp_path: Path) -> None:
    """A deflated member, a file and its name are looked at."""
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("member", SECRET * 100)
    assert [name for name, content in contents(tmp_path) if found(content, ALL)] == [f"{tmp_path / 'x.zip'}!member"]
    (tmp_path / "a").write_text("Ses%40me%2F%25%3F%20x%26%22%2B")
    (tmp_path / "SesameInName").touch()
    assert any(name.endswith("/a") and found(content, ALL) for name, content in contents(tmp_path))
    assert any(found(content, ["SesameInName"]) for _, content in contents(tmp_path))


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_watch(tmp_path: Path) -> None:
    """The arguments of a child of a child are seen, and a file that others may read; one in a private folder is not."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    (private / "x").write_text(SECRET)
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(0.5)', sys.argv[1]])"
    with Watch(ALL, tmp_path) as watch:
        time.sleep(0.1)
        assert watch.leaks == set()
        subprocess.run([sys.executable, "-c", code, "nothing"], check=True)
        assert watch.leaks == set()
        assert watch.children
        subprocess.run([sys.executable, "-c", code, SECRET], check=True)
        (tmp_path / "open").write_text(SECRET)
        (tmp_path / "open").chmod(0o644)
        time.sleep(0.2)
    assert any(leak.startswith("arguments") for leak in watch.leaks)
    assert f"{tmp_path / 'open'} is for all to read" in watch.leaks
