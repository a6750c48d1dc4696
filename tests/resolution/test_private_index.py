"""Credentials for an index come from anywhere pip knows, and are shown nowhere. (Starts pip; loopback.)"""

from __future__ import annotations

import importlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lambda_wheels.errors import IndexUnavailableError, LambdaWheelsError
from lambda_wheels.progress import silent
from lambda_wheels.resolution import child, fetch, pip_options, plain_command
from lambda_wheels.resolution.child import PipRun
from lambda_wheels.store import Store
from lambda_wheels.waivers import Waivers
from tests.index_server import Fault, IndexServer, Listing
from tests.resolution.pip_runs import ARM, pins, run_resolve
from tests.wheel_factory import make_wheel

pytestmark = pytest.mark.pip

USER, PASSWORD = "alice", "ses@me/%? x"
SECRETS = ("alice", "ses@me", "ses%40me", "sesame")


@pytest.fixture(params=[True, False], ids=["metadata", "no metadata"])
def private(request: pytest.FixtureRequest, folder: Path) -> Iterator[IndexServer]:
    """An index that asks for credentials, with PEP 658 and without."""
    make_wheel(folder, "demo", requires=["needs"])
    make_wheel(folder, "needs")
    with IndexServer(folder, auth=(USER, PASSWORD), listing=Listing(metadata=request.param)) as index:
        yield index


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All that the child was started with, and all that it told."""
    texts: list[str] = []
    popen, run_pip = subprocess.Popen, child.run_pip

    def watched_popen(arguments: list[str], **options: Any) -> Any:
        texts.extend(arguments)
        return popen(arguments, **options)

    def watched_run(*args: Any, **options: Any) -> PipRun:
        run = run_pip(*args, **options)
        texts.append(repr(run))
        return run

    monkeypatch.setattr(child.subprocess, "Popen", watched_popen)  # type: ignore[attr-defined]
    for module in ("resolve", "downloads"):
        monkeypatch.setattr(importlib.import_module(f"lambda_wheels.resolution.{module}"), "run_pip", watched_run)
    return texts


def use_netrc(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Write the credentials to a netrc file."""
    path.write_text(f'machine 127.0.0.1 login {USER} password "{PASSWORD}"\n')
    path.chmod(0o600)


def use_keyring(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Put a program named keyring on the path that knows the credentials."""
    folder.mkdir()
    answer = json.dumps({"username": USER, "password": PASSWORD})
    (folder / "keyring").write_text(
        f"#!/bin/sh\nif [ \"$1\" = get ]; then printf %s '{PASSWORD}'; else printf %s '{answer}'; fi\n"
    )
    (folder / "keyring").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


@pytest.mark.hostile("Secrets")
@pytest.mark.parametrize("kind", ["URL", "URL in a file", "URL in the environment", "netrc", "NETRC", "keyring"])
def test_credentials(
    tmp_path: Path,
    private: IndexServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    seen: list[str],
    kind: str,
) -> None:
    """Credentials serve from resolve to download, and stand in no event, log, argument or plain command."""
    given: str | Path = "demo"
    options: dict[str, Any] = {"index_url": private.url}
    if kind == "URL":
        options = {"index_url": private.url_with_credentials}
    elif kind == "URL in a file":
        given, options = tmp_path / "r.txt", {}
        given.write_text(f"--index-url {private.url_with_credentials}\ndemo\n")
    elif kind == "URL in the environment":
        options = {}
        monkeypatch.setenv("PIP_INDEX_URL", private.url_with_credentials)
    elif kind == "keyring":
        if sys.platform == "win32":
            pytest.skip("the keyring of this test is a shell script")
        use_keyring(monkeypatch, tmp_path / "bin")
        url = private.url.replace("127", f"{USER}@127")
        options = {"index_url": url, "keyring_provider": "subprocess"}
    else:
        place = tmp_path / "home" / ("_netrc" if sys.platform == "win32" else ".netrc")
        if kind == "NETRC":
            place = tmp_path / "netrc"
            monkeypatch.setenv("NETRC", str(place))
        use_netrc(monkeypatch, place)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with caplog.at_level(logging.DEBUG):
        resolution = run_resolve(tmp_path, given, scratch=scratch, **options)
        assert pins(resolution) == {"demo": "1.0", "needs": "1.0"}
        stored = fetch(
            resolution,
            Store(tmp_path / "store"),
            {},
            options=options,
            waivers=Waivers(),
            scratch=scratch,
            progress=silent,
        )
    assert sorted(one.wheel.name for one in stored.values()) == ["demo", "needs"]
    seen += [caplog.text, repr(resolution), repr(stored), plain_command(ARM, resolution.wheels, pip_options(options))]
    assert len(seen) > 8
    for text in seen:
        assert not any(secret in text for secret in SECRETS), text


@pytest.mark.hostile("Secrets")
@pytest.mark.parametrize("options", [{}, {"trusted_host": "127.0.0.1"}])
def test_wrong_password(tmp_path: Path, private: IndexServer, seen: list[str], options: dict[str, Any]) -> None:
    """A wrong password is told as what it is, without being shown."""
    url = private.url.replace("127", "alice:sesame@127")
    with pytest.raises(IndexUnavailableError) as caught:
        run_resolve(tmp_path, "demo", index_url=url, **options)
    assert [problem.rule for problem in caught.value.problems] == ["index-refused"]
    for text in [*seen, str(caught.value), repr(caught.value)]:
        assert not any(secret in text for secret in SECRETS), text


@pytest.mark.hostile("Secrets")
@pytest.mark.parametrize(
    ("fault", "options"),
    [
        pytest.param(Fault.status(500), {}, id="500"),
        pytest.param(Fault.reset(after=0), {}, id="reset"),
        pytest.param(Fault.silence(), {"timeout": 0.5}, id="silence"),
        pytest.param(Fault.redirect(None), {}, id="loop"),
        pytest.param(Fault.portal(), {}, id="portal"),
        pytest.param(Fault.empty_body(), {}, id="empty"),
    ],
)
@pytest.mark.parametrize("path", ["/simple/*", "/files/*"])
def test_failures_show_no_secret(
    tmp_path: Path,
    private: IndexServer,
    caplog: pytest.LogCaptureFixture,
    seen: list[str],
    fault: Fault,
    options: dict[str, Any],
    path: str,
) -> None:
    """Neither credentials nor the query of a URL are shown, however the index fails and whatever pip says of it."""
    private.fail(path, fault)
    links = private.links_url.replace("127", "alice:sesame@127") + "?token=sesame"
    with caplog.at_level(logging.DEBUG), pytest.raises(LambdaWheelsError) as caught:
        run_resolve(
            tmp_path, "demo", index_url=private.url_with_credentials, find_links=links, **({"retries": 1} | options)
        )
    for text in [*seen, caplog.text, str(caught.value), repr(caught.value)]:
        assert not any(secret in text for secret in SECRETS), text


@pytest.mark.hostile("Secrets")
def test_query_of_a_page_that_fails(
    tmp_path: Path, folder: Path, index: IndexServer, caplog: pytest.LogCaptureFixture, seen: list[str]
) -> None:
    """The token in the query of a page that cannot be reached is not shown, though pip prints it."""
    index.fail("/links/*", Fault.status(503))
    with caplog.at_level(logging.DEBUG), pytest.raises(IndexUnavailableError) as caught:
        run_resolve(tmp_path, "demo", no_index=True, find_links=f"{index.links_url}?token=sesame", retries=1)
    assert any("token=sesame" in request.path for request in index.requests)
    for text in [*seen, caplog.text, str(caught.value)]:
        assert "sesame" not in text


def test_places_of_a_file(tmp_path: Path, private: IndexServer, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The plain command looks where the requirement file says, and nowhere else: a stranger may own the same name."""
    links = tmp_path_factory.mktemp("links")
    make_wheel(links, "local")
    (tmp_path / "r.txt").write_text(f"--no-index\n--find-links {links}\n--trusted-host example.org\nlocal\n")
    resolution = run_resolve(tmp_path, tmp_path / "r.txt")
    assert resolution.places == ("--no-index", f"--find-links={links}", "--trusted-host=example.org")
    assert "--no-index" in plain_command(ARM, resolution.wheels, resolution.places)
    (tmp_path / "r.txt").write_text(f"--index-url {private.url_with_credentials}\ndemo\n")
    (place,) = run_resolve(tmp_path, tmp_path / "r.txt").places
    assert place == f"--index-url={private.url}"


@pytest.mark.hostile("Secrets")
@pytest.mark.parametrize("flag", ["--index-url", "--extra-index-url", "--find-links"])
def test_password_that_ends_a_host(tmp_path: Path, private: IndexServer, seen: list[str], flag: str) -> None:
    """An address in a requirement file whose password would be taken for a path is refused, and nothing of it shown."""
    url = private.url.replace("127", "alice:se/sesame@127")
    (tmp_path / "r.txt").write_text(f"{flag} {url}\ndemo\n")
    with pytest.raises(LambdaWheelsError) as caught:
        run_resolve(tmp_path, tmp_path / "r.txt", index_url=private.url_with_credentials)
    assert [problem.rule for problem in caught.value.problems] == ["bad-index-url"]
    for text in [*seen, str(caught.value)]:
        assert not any(secret in text for secret in ("alice", "sesame")), text
