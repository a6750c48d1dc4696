"""A configuration of pip that cannot be used is told in one clear line, without secrets. (Starts pip; loopback.)"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import pytest

from lambda_wheels.errors import ResolutionError, UsageError
from tests.index_server import IndexServer
from tests.resolution.pip_runs import pins, run_resolve
from tests.wheel_factory import make_wheel

pytestmark = pytest.mark.pip


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"index-url = https://u:sesame@127.0.0.1:9/\n", "is not an ini file (line 1)", id="no section"),
        pytest.param(b"[global]\nsesame\n", "is not an ini file (line 2)", id="no value"),
        pytest.param(b"[global]\nindex-url = https://u:sesame\xff@127.0.0.1:9/\n", "is not UTF-8", id="not UTF-8"),
        pytest.param(b"[global]\npre = 1\npre = sesame\n", "is not an ini file (line 3)", id="twice"),
    ],
)
def test_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, content: bytes, words: str
) -> None:
    """A configuration file that pip cannot read is named; nothing of it is shown, since it may hold a password."""
    path = tmp_path / "pip.conf"
    path.write_bytes(content)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(path))
    with caplog.at_level(logging.DEBUG), pytest.raises(UsageError) as caught:
        run_resolve(tmp_path, "demo", no_index=True)
    line = str(caught.value)
    assert f"{path} {words}" in line
    assert "\n" not in line
    assert "sesame" not in line + caplog.text


@pytest.mark.parametrize("from_file", [True, False], ids=["file", "environment"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("index-url", "https://alice:12/sesame@127.0.0.1:9/simple"),
        ("index-url", "https://alice:se/sesame@127.0.0.1:9/simple"),
        ("index-url", "alice:sesame@127.0.0.1/simple"),
        ("index-url", "https:/alice:sesame@127.0.0.1/simple"),
        ("extra-index-url", "https://example.org/simple https://alice:12?sesame@127.0.0.1:9/simple"),
        ("find-links", "wheels https://alice:se/sesame@127.0.0.1:9/links"),
        ("constraint", "https://alice:12/sesame@127.0.0.1:9/c.txt"),
        ("proxy", "http://alice:12#sesame@127.0.0.1:9"),
    ],
)
def test_url(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    name: str,
    value: str,
    from_file: bool,
) -> None:
    """A configured URL whose password would be taken for a path is refused, and shown nowhere."""
    if from_file:
        (tmp_path / "pip.conf").write_text(f"[global]\n{name} = {value}\n")
        monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    else:
        monkeypatch.setenv("PIP_" + name.upper().replace("-", "_"), value)
    with caplog.at_level(logging.DEBUG), pytest.raises(UsageError) as caught:
        run_resolve(tmp_path, "demo")
    [problem] = caught.value.problems
    assert problem.rule == "pip-refused"
    assert name in problem.message
    for secret in ("alice", "sesame", "12"):
        assert secret not in str(caught.value) + caplog.text.replace("127.0.0.1", "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timeout", "sesame"),
        ("timeout", "nan"),
        ("default-timeout", "sesame"),
        ("retries", "sesame"),
        ("resume-retries", "1.5 sesame"),
        ("keyring-provider", "sesame"),
        ("trusted-host", "sesame :::"),
        ("no-index", "sesame"),
        ("no-cache-dir", "sesame"),
        ("uploaded-prior-to", "sesame"),
        ("uploaded-prior-to", "P99999999999D"),
    ],
)
def test_value_of_the_wrong_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str, value: str
) -> None:
    """A configured value that pip does not understand is refused by its option's name, and shown nowhere."""
    monkeypatch.setenv("PIP_" + name.upper().replace("-", "_"), value)
    with caplog.at_level(logging.DEBUG), pytest.raises(UsageError, match=f"pip-refused.* {name} in") as caught:
        run_resolve(tmp_path, "demo")
    assert value not in str(caught.value) + caplog.text
    assert "sesame" not in str(caught.value) + caplog.text


def test_values_of_the_right_kind(
    tmp_path: Path, folder: Path, index: IndexServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each value that pip understands is understood, one that is empty as well."""
    make_wheel(folder, "demo")
    values = {"TIMEOUT": " 1.5e1", "RETRIES": "0x2", "RESUME_RETRIES": " 07 ", "KEYRING_PROVIDER": "disabled"}
    values |= {"TRUSTED_HOST": "a.example:8080 ::1 [::1]:8080 10.0.0.1", "PRE": "No", "NO_CACHE_DIR": "off"}
    values |= {"DEFAULT_TIMEOUT": "", "PREFER_BINARY": "ON", "UPLOADED_PRIOR_TO": "2999-12-31 23:59:59"}
    for name, value in values.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    assert pins(run_resolve(tmp_path, "demo", index_url=index.url)) == {"demo": "1.0"}


def test_proxy_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same holds for a proxy that other programs use, too."""
    monkeypatch.setenv("https_proxy", "http://alice:se/sesame@127.0.0.1:9")
    with pytest.raises(UsageError, match="https_proxy") as caught:
        run_resolve(tmp_path, "demo")
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize("proxy", ["user:pass@127.0.0.1:9", "http://user:pa%2Fss@127.0.0.1:9", ""])
def test_good_proxy(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    """A proxy with a password is as good as before, with or without a scheme."""
    make_wheel(folder, "demo")
    monkeypatch.setenv("https_proxy", proxy)
    with IndexServer(folder) as index:
        assert pins(run_resolve(tmp_path, "demo", index_url=index.url)) == {"demo": "1.0"}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("nothing", "cannot be read: No such file"),
        ("folder", "cannot be read"),
        ("loop", "cannot be read"),
        ("closed", "cannot be read"),
    ],
)
def test_file_that_cannot_be_read(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, kind: str, words: str
) -> None:
    """A configuration file that was named and is not there, or that may not be read, is not passed over."""
    make_wheel(folder, "demo")
    path = tmp_path / "pip.conf"
    if kind == "folder":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "closed":
        path.touch(mode=0)
        if os.access(path, os.R_OK):
            pytest.skip("this user may read everything")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(path))
    with pytest.raises(UsageError, match=f"pip-refused.*pip.conf.*{words}"):
        run_resolve(tmp_path, "demo", no_index=True, find_links=folder)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere other folders are the user's")
def test_file_of_the_user_that_cannot_be_read(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is the user's own one passed over, where nothing is named."""
    make_wheel(folder, "demo")
    monkeypatch.delenv("PIP_CONFIG_FILE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    assert pins(run_resolve(tmp_path, "demo", no_index=True, find_links=folder)) == {"demo": "1.0"}
    (tmp_path / "settings" / "pip" / "pip.conf").mkdir(parents=True)
    with pytest.raises(UsageError, match=r"pip-refused.*settings.*pip\.conf cannot be read"):
        run_resolve(tmp_path, "demo", no_index=True, find_links=folder)
    (tmp_path / "settings").chmod(0)  # as root's home is for who runs in a container
    try:
        if not os.access(tmp_path / "settings", os.X_OK):
            assert pins(run_resolve(tmp_path, "demo", no_index=True, find_links=folder)) == {"demo": "1.0"}
    finally:
        (tmp_path / "settings").chmod(0o755)


@pytest.mark.parametrize("from_file", [True, False], ids=["file", "environment"])
def test_wheels_that_are_not_there(
    tmp_path: Path, index: IndexServer, folder: Path, monkeypatch: pytest.MonkeyPatch, from_file: bool
) -> None:
    """A configured folder of wheels that is not there, perhaps not mounted, is not passed over."""
    make_wheel(folder, "demo")
    if from_file:
        (tmp_path / "pip.conf").write_text(f"[global]\nfind-links = {folder} {tmp_path / 'absent'}\n")
        monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    else:
        monkeypatch.setenv("PIP_FIND_LINKS", f"{folder} {tmp_path / 'absent'}")
    with pytest.raises(ResolutionError, match=r"bad-index-url.*absent \(in pip's configuration\)"):
        run_resolve(tmp_path, "demo", index_url=index.url)
