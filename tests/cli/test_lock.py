"""``lambda-wheels lock``, and ``build`` from what it makes, called in this process. (Starts pip; loopback sockets.)"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lambda_wheels.cli import main
from lambda_wheels.cli.parser import make_parser
from tests.index_server import Fault, IndexServer, Listing
from tests.loopback import stored_wheels
from tests.resolution.locks import entry, wheel, write_lock
from tests.wheel_factory import make_wheel

pytestmark = pytest.mark.pip

LOCK_NAMES = ["path", "targets", "projects", "changed", "changes", "uploaded_prior_to", "warnings"]
"""What ``--json`` prints of a lock: a promise, as are the next."""
PROJECT_NAMES = ["name", "version", "marker", "index", "wheels"]
WHEEL_NAMES = ["filename", "url", "path", "sha256", "size"]
CHANGE_NAMES = ["project", "before", "after"]

TARGET = ["--runtime=python3.13", "--architecture=arm64"]
Run = Callable[..., int]


def call(index: IndexServer, name: str, *arguments: str | Path) -> int:
    """Run the command ``name`` against ``index``."""
    return main([name, *map(str, arguments), f"--index-url={index.url}", "--retries=0", "--timeout=5"])


@pytest.fixture
def run(index: IndexServer, out: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in ``out``, against ``index``."""
    monkeypatch.chdir(out)
    return functools.partial(call, index)


@pytest.fixture(autouse=True)
def wheels(served: Path) -> list[Path]:
    """A project that needs another, of which there is a newer release for a newer Python."""
    return [
        make_wheel(served, "demo", requires=["helper"]),
        make_wheel(served, "helper"),
        make_wheel(served, "helper", "2.0", requires_python=">=3.12"),
    ]


def test_lock(run: Run, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``pylock.toml`` in the working directory, and one line on stdout; nothing else is said."""
    assert run("lock", "demo", *TARGET) == 0
    assert capsys.readouterr() == ("pylock.toml: 2 projects for python3.13 on arm64\n", "")
    assert [path.name for path in out.iterdir()] == ["pylock.toml"]
    assert run("lock", "demo", *TARGET) == 0
    assert capsys.readouterr() == ("pylock.toml: 2 projects for python3.13 on arm64, unchanged\n", "")


def test_several_targets(run: Run, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Repeated runtimes and architectures make one lock for all of them; a project counts once."""
    many = ["--runtime=python3.11", "--architecture=x86_64"]
    assert run("lock", "helper", *TARGET, *many, "-o", "pylock.many.toml") == 0
    targets = [f"{runtime} on {machine}" for runtime in ("python3.11", "python3.13") for machine in ("x86_64", "arm64")]
    assert capsys.readouterr().out == f"pylock.many.toml: 1 project for {', '.join(targets)}\n"
    for runtime, version in (("python3.11", "1.0"), ("python3.13", "2.0")):
        options = ["-r", "pylock.many.toml", "--runtime", runtime, "--architecture=x86_64", "--no-index"]
        assert main(["fetch", *options, "-o", str(out / runtime)]) == 0
        assert [path.name for path in (out / runtime).iterdir()] == [f"helper-{version}-py3-none-any.whl"]


def test_changes(run: Run, served: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What changed is a note for each project, on stderr."""
    assert run("lock", "demo", "helper<2", *TARGET) == 0
    make_wheel(served, "demo", "2.0")
    capsys.readouterr()
    assert run("lock", "demo", "helper", *TARGET, "-P", "Demo") == 0
    assert capsys.readouterr() == (
        "pylock.toml: 2 projects for python3.13 on arm64\n",
        "note: demo 1.0 -> 2.0\n",
    )
    assert run("lock", "demo", "helper", *TARGET, "-U") == 0
    assert capsys.readouterr().err == "note: helper 1.0 -> 2.0\n"
    assert run("lock", "helper", *TARGET, "-q") == 0
    assert capsys.readouterr() == ("", "")


def test_json(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """``--json`` prints the attributes of the lock under their names, and nothing else."""
    assert run("lock", "demo", "helper<2", *TARGET) == 0
    capsys.readouterr()
    assert run("lock", "demo", "helper", *TARGET, "--upgrade", "--json") == 0
    said = capsys.readouterr()
    lock = json.loads(said.out)
    assert list(lock) == LOCK_NAMES
    assert [list(project) for project in lock["projects"]] == [PROJECT_NAMES, PROJECT_NAMES]
    assert [list(one) for project in lock["projects"] for one in project["wheels"]] == [WHEEL_NAMES, WHEEL_NAMES]
    assert [list(change) for change in lock["changes"]] == [CHANGE_NAMES]
    assert lock["changes"] == [{"project": "helper", "before": "1.0", "after": "2.0"}]
    assert lock["targets"] == [{"runtime": "python3.13", "architecture": "arm64"}]
    assert (lock["path"], lock["changed"], lock["uploaded_prior_to"]) == ("pylock.toml", True, None)
    assert said.err == ""


def test_check(run: Run, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``--check`` exits with 0 or 1, a line for each difference on stderr, and leaves the file alone."""
    assert run("lock", "demo", *TARGET, "--check") == 1
    said = capsys.readouterr()
    assert said == ("", "error[lock-differs] there is no pylock.toml; run it without --check\n")
    assert list(out.iterdir()) == []
    assert run("lock", "demo", "helper<2", *TARGET) == 0
    before = (out / "pylock.toml").read_bytes()
    assert run("lock", "demo", "helper", *TARGET, "--check") == 0
    capsys.readouterr()
    assert run("lock", "helper>1", *TARGET, "--check", "--json") == 1
    said = capsys.readouterr()
    assert said.err.splitlines() == [
        "error[lock-differs] demo: the lock has 1.0, the requirements do not need it; run it without --check",
        "error[lock-differs] helper: the lock has 1.0, the requirements make 2.0; run it without --check",
    ]
    assert [problem["project"] for problem in json.loads(said.out)["problems"]] == ["demo", "helper"]
    assert (out / "pylock.toml").read_bytes() == before


def test_build(run: Run, out: Path, index: IndexServer, capsys: pytest.CaptureFixture[str]) -> None:
    """``build -r pylock.toml`` says what a build without a lock says, and asks no index."""
    assert run("lock", "demo", *TARGET) == 0
    asked = len(index.requests)
    capsys.readouterr()
    assert run("build", "-r", "pylock.toml", *TARGET, "-o", "layer.zip") == 0
    said = capsys.readouterr()
    assert said.out.startswith("layer.zip: 2 projects, ") and said.err == ""
    assert len(index.requests) == asked
    assert run("build", "-r", "pylock.toml", "./own-1.0-py3-none-any.whl", *TARGET, "-o", "layer.zip") == 2
    assert "error[no-such-file]" in capsys.readouterr().err
    make_wheel(out, "own")
    assert run("build", "-r", "pylock.toml", "./own-1.0-py3-none-any.whl", *TARGET, "-o", "layer.zip") == 0
    assert capsys.readouterr().out.startswith("layer.zip: 3 projects, ")


def test_warnings(run: Run, served: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Warnings are lines on stderr, one for all targets, and errors where that is asked for; the lock is made."""
    make_wheel(served, "hooks", files={"hooks.pth": "import this\n"})
    assert run("lock", "hooks", *TARGET, "--architecture=x86_64") == 0
    said = capsys.readouterr().err
    assert said.startswith("warning[pth-file] hooks-1.0-py3-none-any.whl: hooks.pth: ") and said.count("\n") == 1
    assert run("lock", "hooks", *TARGET, "--strict") == 1
    assert capsys.readouterr().err.startswith("error[pth-file] ")
    assert run("lock", "hooks", *TARGET, "--strict", "--allow", "pth-file:hooks", "-q") == 0
    assert capsys.readouterr().err == ""


def test_signed_urls(run: Run, out: Path, index: IndexServer, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the URLs of files carry a query, one line warns that the lock is without it; it may stop the lock."""
    name = "helper-1.0-py3-none-any.whl"
    sha256 = hashlib.sha256((index.folder / name).read_bytes()).hexdigest()
    page = f'<a href="/files/{name}?sig=sesame#sha256={sha256}">{name}</a>'
    index.fail("/simple/helper/", Fault.body(page.encode(), "text/html"))
    assert run("lock", "helper<2", *TARGET, "--architecture=x86_64", "--strict") == 1
    assert capsys.readouterr().err.startswith("error[lock-without-query] the URL of 1 file of 127.0.0.1 has a query, ")
    assert not (out / "pylock.toml").exists()
    assert run("lock", "helper<2", *TARGET, "--architecture=x86_64") == 0
    said = capsys.readouterr().err
    assert said.startswith("warning[lock-without-query] ") and said.count("\n") == 1
    assert "sesame" not in said + (out / "pylock.toml").read_text()


def test_store_that_cannot_be_written(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that cannot be written is one line, however many targets there are."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LAMBDA_WHEELS_CACHE", str(tmp_path / "file" / "store"))
    assert run("lock", "demo", *TARGET, "--architecture=x86_64") == 0
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["warning[store-not-writable]"]


def test_cooldown(served: Path, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """``--uploaded-prior-to`` is written down, and printed with ``--json``."""
    monkeypatch.chdir(out)
    listing = Listing(upload_time={"helper-2.0-py3-none-any.whl": "2026-03-01T00:00:00Z"})
    with IndexServer(served, listing=listing) as index:
        assert call(index, "lock", "helper", *TARGET, "--uploaded-prior-to=2026-02-01", "--json") == 0
    lock = json.loads(capsys.readouterr().out)
    assert [project["version"] for project in lock["projects"]] == ["1.0"]
    assert lock["uploaded_prior_to"] == "2026-02-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("arguments", "code", "rule"),
    [
        pytest.param(["lock", "nobody"], 1, "no-such-project", id="no such project"),
        pytest.param(["lock"], 2, "no-requirement", id="nothing"),
        pytest.param(["lock", "-r", "pylock.uv.toml"], 2, "lock-not-alone", id="a lock of a lock"),
        pytest.param(["lock", "demo", "-o", "pylock.uv.toml"], 1, "output-refused", id="the lock of another tool"),
        pytest.param(["lock", "demo", "-o", "demo.lock"], 1, "output-refused", id="another name"),
        pytest.param(["lock", "demo", "-o", "pylock.bad.toml"], 1, "bad-lock", id="a broken one there"),
        pytest.param(["lock", "demo", "-P", "nobody"], 2, "bad-requirement", id="nothing needs it"),
        pytest.param(["build", "-r", "pylock.bad.toml", "-o", "layer.zip"], 1, "bad-lock", id="a broken lock"),
        pytest.param(["build", "-r", "pylock.uv.toml", "demo", "-o", "x.zip"], 2, "lock-not-alone", id="more beside"),
        pytest.param(["build", "-r", "pylock.uv.toml", "--pre", "-o", "x.zip"], 2, "lock-not-alone", id="--pre"),
        pytest.param(["build", "-r", "uv.lock", "-o", "x.zip"], 2, "unknown-file-kind", id="uv's own"),
        pytest.param(
            ["build", "-r", "pylock.uv.toml", "-o", "x.zip"], 3, "file-failed", id="a wheel that is not there"
        ),
    ],
)
def test_failures(
    run: Run,
    index: IndexServer,
    out: Path,
    store: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    rule: str,
) -> None:
    """What goes wrong is one line on stderr, an object of JSON, and an exit code; nothing is written or kept."""
    gone = wheel("gone-1.0-py3-none-any.whl", url=index.file_url("gone-1.0-py3-none-any.whl"))
    write_lock(out / "pylock.uv.toml", entry(gone, name="gone"), created_by="uv")
    (out / "pylock.bad.toml").write_text("<<<<<<< HEAD\n")
    (out / "uv.lock").write_text("version = 1\n")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert run(*arguments, *TARGET, "--json") == code
    said = capsys.readouterr()
    [problem] = json.loads(said.out)["problems"]
    assert problem["rule"] == rule
    assert said.err.startswith(f"error[{rule}] ") and said.err.count("\n") == 1
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert code != 3 or (problem["project"], stored_wheels(store)) == ("gone", [])


def test_arguments() -> None:
    """The flags and what they mean: only the output has a default, the name that the standard gives it."""
    parser = make_parser()
    given = parser.parse_args(["lock", *TARGET, "-r", "a.txt", "-r", "b.txt", "six", "-P", "x", "--upgrade-project=y"])
    assert (given.runtime, given.architecture, given.output) == (["python3.13"], ["arm64"], "pylock.toml")
    assert (given.requirements, given.requirement) == (["six"], ["a.txt", "b.txt"])
    assert (given.upgrade, given.upgrade_project, given.check) == (False, ["x", "y"], False)
    with pytest.raises(SystemExit):
        parser.parse_args(["lock", "six", "--runtime=python3.13"])
