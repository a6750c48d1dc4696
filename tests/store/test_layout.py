"""Paths in the store come from plain names only."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_wheels.store.layout import Layout, facts_of

SHA256 = "ab" * 32
NAME = "demo-1.0-py3-none-any.whl"


def test_paths() -> None:
    """A wheel stands below its sha256, its facts beside it."""
    layout = Layout(Path("store"))
    path = layout.wheel("Demo-1!1.0+local.1-1x-py2.py3-none-any.whl", SHA256)
    assert path == Path("store/v1/wheels/ab") / SHA256 / "Demo-1!1.0+local.1-1x-py2.py3-none-any.whl"
    assert facts_of(path).name == "Demo-1!1.0+local.1-1x-py2.py3-none-any.whl.facts.json"
    assert layout.lock(SHA256) == Path("store/v1/locks") / f"{SHA256}.lock"


def test_template() -> None:
    """The format string leads to the same place, whatever the folder is called."""
    layout = Layout(Path("st{}ore {0} {sha256}"))
    assert layout.wheel_template.format(sha256=SHA256, filename=NAME) == str(layout.wheel(NAME, SHA256))


@pytest.mark.parametrize(
    ("filename", "sha256"),
    [
        pytest.param("", SHA256, id="empty"),
        pytest.param(f"../{NAME}", SHA256, id="parent"),
        pytest.param(f"/{NAME}", SHA256, id="absolute"),
        pytest.param("demo-1.0-1/../../x-py3-none-any.whl", SHA256, id="in the build tag"),
        pytest.param("demo-1.0-py3-none-any/../x.whl", SHA256, id="in the tag"),
        pytest.param("demo-1.0-1\\..\\x-py3-none-any.whl", SHA256, id="backslash"),
        pytest.param("demo-1.0-py3-none-any:stream.whl", SHA256, id="alternate stream"),
        pytest.param(f"{NAME}\n", SHA256, id="newline"),
        pytest.param("demo-1.0-py3-none-any\x00.whl", SHA256, id="NUL"),
        pytest.param(".demo-1.0-py3-none-any.whl", SHA256, id="hidden"),
        pytest.param("démo-1.0-py3-none-any.whl", SHA256, id="not ASCII"),
        pytest.param("demo-1.0.whl", SHA256, id="too few parts"),
        pytest.param("demo-one-py3-none-any.whl", SHA256, id="no version"),
        pytest.param("demo-1.0.tar.gz", SHA256, id="sdist"),
        pytest.param(NAME, "", id="no sha256"),
        pytest.param(NAME, SHA256.upper(), id="upper case"),
        pytest.param(NAME, SHA256 + "\n", id="sha256 with newline"),
        pytest.param(NAME, "../" + SHA256[3:], id="sha256 with parent"),
        pytest.param(NAME, "٣" * 64, id="other digits"),
    ],
)
def test_bad_names(filename: str, sha256: str) -> None:
    """Whatever could lead elsewhere, or is not what it should be, is a ValueError."""
    with pytest.raises(ValueError, match=r"."):
        Layout(Path("store")).wheel(filename, sha256)
