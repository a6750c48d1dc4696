"""Credentials of indexes are nowhere, wherever they stand and however it ends. (Starts pip; loopback.)"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import lambda_wheels
from lambda_wheels.cli import main
from tests.hostile.private_indexes import FAULTS, PASSWORD, PLACES, REFLECTIONS, SECRETS, TOKEN, USER, Call, Reflecting
from tests.hostile.secret_forms import Watch, chain, contents, found
from tests.index_server import Fault, IndexServer, Listing
from tests.loopback import IMPATIENT, TARGET, command
from tests.wheel_factory import make_wheel

pytestmark = [
    pytest.mark.pip,
    pytest.mark.once,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc, and has a keyring that is a shell script"),
]

TO_FILES: dict[str, Callable[..., Any]] = {
    "zip": lambda given, out, **options: lambda_wheels.build_layer(given, output=out / "layer.zip", **options),
    "folder": lambda given, out, **options: lambda_wheels.build_layer(given, output=out / "layer", **options),
    "fetch": lambda given, out, **options: lambda_wheels.fetch_wheels(given, output=out / "wheels", **options),
    "lock": lambda given, out, **options: lambda_wheels.lock(given, output=out / "pylock.toml", **options),
    "explain": lambda given, out, **options: lambda_wheels.explain(given, **options),
}
"""What is done with what was asked for."""

SAMPLE = {("file, links", "lock"), ("http_proxy", "zip")}
"""What the normal run tries of places and jobs; a keyring is tried in another test."""


def place_of(name: str, tmp_path: Path, index: IndexServer, patch: pytest.MonkeyPatch) -> Call:
    """Put the credentials there."""
    index.auth = (TOKEN, "") if name == "token" else (USER, PASSWORD)
    settings = tmp_path / "settings"
    settings.mkdir(mode=0o700)
    return PLACES[name](index, settings, patch)


@pytest.fixture
def private(served: Path) -> Iterator[Reflecting]:
    """An index with two wheels that will ask for credentials."""
    make_wheel(served, "demo", requires=["needs"])
    make_wheel(served, "needs")
    with Reflecting(served, listing=Listing()) as index:
        yield index


class Heard:
    """All that was said meanwhile, by any means that a caller has."""

    def __init__(self, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
        self._caplog = caplog
        self._capfd = capfd
        self.said: list[str] = []

    def progress(self, event: lambda_wheels.ProgressEvent) -> None:
        """Remember it."""
        self.said.append(repr(event))

    def run(self, job: Callable[[], object]) -> BaseException | None:
        """Do the job; what it returned, said, logged, warned of or raised is remembered."""
        error: BaseException | None = None
        with warnings.catch_warnings(record=True) as warned, self._caplog.at_level(logging.DEBUG, "lambda_wheels"):
            warnings.simplefilter("always")
            try:
                result = job()
            except lambda_wheels.LambdaWheelsError as caught:
                error = caught
                self.said += [*chain(caught), traceback.format_exc()]
                self.said += [json.dumps(problem.as_dict()) for problem in caught.problems]
            else:
                self.said += [repr(result), str(getattr(result, "pip_command", ""))]
                if hasattr(result, "as_dict"):
                    self.said.append(json.dumps(result.as_dict()))
        self.said += [str(warning) for warning in warned]
        records = [record for record in self._caplog.records if record.name.startswith("lambda_wheels")]
        self.said += [f"{record.getMessage()} {vars(record)!r}" for record in records]
        self.said += self._capfd.readouterr()
        return error


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Heard:
    """All that is said in this test."""
    return Heard(caplog, capfd)


def hold(heard: Heard, watch: Watch, *places: Path) -> None:
    """No secret was said, was left in a file, or could be read by others meanwhile."""
    for text in heard.said:
        assert not found(text, SECRETS), text
    for name, content in contents(*places):
        assert not found(content, SECRETS), name
    assert watch.leaks == set()


def options_of(call: Call) -> dict[str, Any]:
    """With little patience, for one target."""
    return {**TARGET, **IMPATIENT, **call.options}


@pytest.mark.hostile("Secrets")
@pytest.mark.parametrize(
    ("place", "job"),
    [
        pytest.param(place, job, marks=[] if (place, job) in SAMPLE else pytest.mark.long)
        for place in PLACES
        for job in TO_FILES
        if place != "lock" or job not in {"lock", "explain"}  # which are not made of a lock
    ],
)
def test_places(
    private: Reflecting,
    tmp_path: Path,
    out: Path,
    store: Path,
    heard: Heard,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    job: str,
) -> None:
    """Credentials in a URL, netrc, a keyring, pip's configuration, a file, a lock or a proxy serve, and are nowhere:
    in no message, log, output, file of the store or argument of a process, and no other user can read them meanwhile.
    """
    call = place_of(place, tmp_path, private, monkeypatch)
    if "proxy" in place:
        private.auth = (USER, PASSWORD)
    progress = {} if job == "explain" else {"progress": heard.progress}
    with Watch(SECRETS, store, out) as watch:
        error = heard.run(lambda: TO_FILES[job](call.requirements, out, **options_of(call), **progress))
    assert error is None, error
    assert watch.children
    assert any(request.status == 200 for request in private.matching("/files/*"))
    hold(heard, watch, store, out)


ENDINGS = ["index", "token", "file", "netrc", "keyring", "pip.conf", "links", "signed URL", "lock", "http_proxy"]
"""The places of credentials that are tried with each ending."""


@pytest.mark.hostile("Secrets")
@pytest.mark.parametrize(
    ("ending", "place"),
    [
        pytest.param(ending, place, marks=[] if (ending, place) == ("reason", "keyring") else pytest.mark.long)
        for ending in (*REFLECTIONS, *FAULTS)
        for place in ENDINGS
    ],
)
def test_endings(
    private: Reflecting,
    tmp_path: Path,
    out: Path,
    store: Path,
    heard: Heard,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    ending: str,
) -> None:
    """An index that fails, redirects, sends other bytes, or repeats the credentials that it got in the reason, an
    address, the kind of a page or metadata, is told of without them.
    """
    call = place_of(place, tmp_path, private, monkeypatch)
    private.how = ending if ending in REFLECTIONS else ""
    if ending in FAULTS:
        private.fail("/files/*" if place in {"lock", "signed URL"} or "bytes" in ending else "*", FAULTS[ending])
    with Watch(SECRETS, store, out) as watch:
        error = heard.run(
            lambda: lambda_wheels.build_layer(
                call.requirements, output=out / "layer.zip", progress=heard.progress, **options_of(call)
            )
        )
    assert error is not None or ending in {"metadata", "redirect to a file"} or place in {"lock", "signed URL"}
    hold(heard, watch, store, out)


@pytest.mark.hostile("Secrets")
@pytest.mark.parametrize("where", [pytest.param("page", marks=pytest.mark.long), "file"])
def test_other_hosts(private: Reflecting, served: Path, tmp_path: Path, out: Path, where: str) -> None:
    """An index that redirects to another host, or links to files there, does not make us send it the credentials."""
    private.auth = (USER, PASSWORD)
    with IndexServer(served) as other:
        elsewhere = f"http://localhost:{other.port}"
        if where == "page":
            private.fail("/simple/demo/", Fault.redirect(f"{elsewhere}/simple/demo/"))
        else:
            make_wheel(served, "demo")  # without what it needs
            private.fail("/files/*.whl", Fault.redirect(f"{elsewhere}/files/demo-1.0-py3-none-any.whl"))
        options = options_of(PLACES["index"](private, tmp_path, pytest.MonkeyPatch()))
        lambda_wheels.build_layer("demo", output=out / "layer.zip", **options)
        assert other.requests
        for request in other.requests:
            assert not found(f"{request.path} {request.headers}", SECRETS)


@pytest.mark.hostile("Secrets")
@pytest.mark.parametrize(
    ("how", "words"),
    [
        pytest.param(how, words, marks=[] if (how, words) == ("", ("--json", "-v")) else pytest.mark.long)
        for how in ("", "reason", "kind")
        for words in (("-v",), ("-q",), ("--json", "-v"))
    ],
)
def test_command(
    private: Reflecting,
    tmp_path: Path,
    out: Path,
    store: Path,
    heard: Heard,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    how: str,
) -> None:
    """The command shows no credentials on stdout or stderr, however much it says, whether it succeeds or not."""
    call = place_of("index", tmp_path, private, monkeypatch)
    private.how = how
    flags = ["--runtime=python3.13", "--architecture=arm64", "--retries=0", f"--index-url={call.options['index_url']}"]
    codes: list[int] = []
    with Watch(SECRETS, store, out) as watch:
        heard.run(lambda: codes.append(main(["build", "demo", *flags, f"--output={out / 'layer.zip'}", *words])))
    assert (codes == [0]) is (how == "")
    hold(heard, watch, store, out)


@pytest.mark.hostile("Secrets")
@pytest.mark.long
def test_interrupted(private: Reflecting, tmp_path: Path, out: Path, store: Path) -> None:
    """Ctrl-C in the middle of a download leaves no traceback, no credentials, and no file that holds them."""
    private.auth = (USER, PASSWORD)
    private.fail("/files/*.whl", Fault.silence())
    url = PLACES["index"](private, tmp_path, pytest.MonkeyPatch()).options["index_url"]
    arguments = ["build", "demo", "--runtime=python3.13", "--architecture=arm64", f"--output={out / 'layer.zip'}", "-v"]
    environment = {**os.environ, "PIP_INDEX_URL": url}
    process = subprocess.Popen(
        command(*arguments), env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    deadline = time.monotonic() + 60
    while not private.matching("/files/*.whl") and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    for name, content in [("output", said.encode()), *contents(store, out)]:
        assert not found(content, SECRETS), name
