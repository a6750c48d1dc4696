"""Each check of pip's answer refuses when what it guards is broken on purpose. (Starts pip; loopback.)"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lambda_wheels.errors import LambdaWheelsError, PipError
from lambda_wheels.resolution import child
from lambda_wheels.resolution.child import PipRun, run_pip
from tests.index_server import Fault, IndexServer
from tests.resolution.pip_runs import ARM, pins, run_resolve
from tests.wheel_factory import make_wheel

pytestmark = pytest.mark.pip

CHILD = child._FOLDER / "pip_child"


@pytest.fixture
def filled(folder: Path, index: IndexServer) -> IndexServer:
    """An index with projects whose sets differ by machine."""
    make_wheel(
        folder, "demo", requires=['needs; platform_machine == "aarch64"', 'other; platform_machine != "aarch64"']
    )
    make_wheel(folder, "needs")
    make_wheel(folder, "other")
    return index


def edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    """Let the child execute a copy of its package in which ``old`` is ``new``."""
    copy = shutil.copytree(CHILD, tmp_path / "edited" / "pip_child")
    edited = [path for path in copy.glob("*.py") if old in path.read_text(encoding="utf-8")]
    assert edited
    for path in edited:
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    monkeypatch.setattr(child, "_FOLDER", copy.parent)


def test_untouched_copy(tmp_path: Path, filled: IndexServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of the package as it is works, so that what follows fails for its own reason."""
    edit(tmp_path, monkeypatch, "import json", "import json")
    assert pins(run_resolve(tmp_path, "demo", index_url=filled.url)) == {"demo": "1.0", "needs": "1.0"}


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        pytest.param(
            'evaluate_markers_for(instructions["marker_environment"])',
            "pass",
            "wrong-environment",
            id="markers of the host",
        ),
        pytest.param("        filter_configuration()\n", "", "pip-unusable", id="configuration not filtered"),
        pytest.param("        prepare_only_wheels()\n", "", "wrong-closure", id="requirements not looked at"),
        pytest.param("        watch_pages(records)\n", "", "pip-unusable", id="pages not watched"),
        pytest.param(
            '"event": event, **fields', '"event": event.replace("prepare", "x"), **fields', "pip-unusable", id="prepare"
        ),
        pytest.param(
            '"event": event, **fields', '"event": event.replace("page", "x"), **fields', "pip-unusable", id="page"
        ),
        pytest.param(
            '"event": event, **fields',
            '"event": event.replace("requirement", "x"), **fields',
            "wrong-closure",
            id="requirement",
        ),
        pytest.param(
            '"event": event, **fields',
            '"event": event.replace("configuration", "x"), **fields',
            "pip-unusable",
            id="configuration",
        ),
        pytest.param('wrap(PipSession, "request")', 'wrap(PipSession, "moved")', "pip-unusable", id="pip has moved it"),
        pytest.param(
            "from pip._internal.req import req_file", "from pip._internal import moved", "pip-unusable", id="module"
        ),
        pytest.param('!= instructions["pip_version"]', '!= "1.0"', "pip-unusable", id="another pip"),
        pytest.param("    return int(pip_main(", "    return 0 and int(pip_main(", "pip-failed", id="no report"),
    ],
)
def test_runner_cut(
    tmp_path: Path, filled: IndexServer, monkeypatch: pytest.MonkeyPatch, old: str, new: str, rule: str
) -> None:
    """A child that lacks one of its hooks is noticed: by the report, by the closure, or by the silence."""
    edit(tmp_path, monkeypatch, old, new)
    with pytest.raises(LambdaWheelsError) as caught:
        run_resolve(tmp_path, "demo", index_url=filled.url)
    assert {problem.rule for problem in caught.value.problems} == {rule}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        pytest.param(lambda r: r["install"].pop(), "wrong-closure", id="wheel removed"),
        pytest.param(lambda r: r["install"].pop(0), "wrong-closure", id="first wheel removed"),
        pytest.param(lambda r: r["install"].append(r["install"][0]), "wrong-closure", id="wheel twice"),
        pytest.param(
            lambda r: r["environment"].update(platform_machine="x86_64"), "wrong-environment", id="environment"
        ),
        pytest.param(lambda r: r["install"][0]["download_info"].pop("archive_info"), "no-sha256", id="hash removed"),
        pytest.param(
            lambda r: r["install"][0]["download_info"].update(
                url="https://h.example/demo-1.0-cp313-cp313-win_amd64.whl"
            ),
            "wrong-tag",
            id="tag",
        ),
        pytest.param(lambda r: r["install"][0]["metadata"].update(version="2.0"), "wheel-metadata", id="version"),
        pytest.param(
            lambda r: r["install"][0]["metadata"].update(requires_dist=["other"]), "wrong-closure", id="closure"
        ),
        pytest.param(lambda r: r.update(version="2"), "pip-failed", id="version of the report"),
        pytest.param(lambda r: r["install"][0].pop("metadata"), "pip-failed", id="other form"),
        pytest.param(lambda r: r.update(install=[1]), "pip-failed", id="wrong type"),
    ],
)
def test_report_changed(
    tmp_path: Path,
    filled: IndexServer,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[dict[str, Any]], object],
    rule: str,
) -> None:
    """A report that was changed after pip wrote it is refused."""

    def tampering(arguments: list[str], *args: Any, **options: Any) -> PipRun:
        run = run_pip(arguments, *args, **options)
        [path] = [Path(text.partition("=")[2]) for text in arguments if text.startswith("--report=")]
        report = json.loads(path.read_text(encoding="utf-8"))
        change(report)
        path.write_text(json.dumps(report), encoding="utf-8")
        return run

    monkeypatch.setattr(sys.modules["lambda_wheels.resolution.resolve"], "run_pip", tampering)
    with pytest.raises(LambdaWheelsError) as caught:
        run_resolve(tmp_path, "demo", index_url=filled.url)
    assert {problem.rule for problem in caught.value.problems} == {rule}


def test_audit_hook_alone(tmp_path: Path, filled: IndexServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the first guard misses a source, the second lets no program start."""
    canary = tmp_path / "canary"
    source = tmp_path / "source"
    source.mkdir()
    (source / "setup.py").write_text(f"open({str(canary)!r}, 'w')\n")
    (tmp_path / "r.txt").write_text(f"{source}\n")
    edit(tmp_path, monkeypatch, "if link is not None and (not link.is_wheel", "if False and (not link.is_wheel")
    with pytest.raises(LambdaWheelsError) as caught:
        run_resolve(tmp_path, tmp_path / "r.txt", index_url=filled.url)
    assert {problem.rule for problem in caught.value.problems} <= {
        "program-refused",
        "bad-requirement",
        "wheel-filename",
    }
    assert not canary.exists()


def test_pip_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pip older than the floor is refused, with the command that mends it."""
    import pip

    monkeypatch.setattr(pip, "__version__", "24.0")
    child._pip.cache_clear()
    try:
        with pytest.raises(PipError, match=r'pip 24\.0 is too old .*python -m pip install "pip>='):
            run_resolve(tmp_path, "demo", no_index=True)
    finally:
        child._pip.cache_clear()


def test_time_limit(tmp_path: Path, filled: IndexServer) -> None:
    """A child that hangs is ended, and it is said why."""
    filled.fail("/simple/*", Fault.silence())
    arguments = ["install", "--dry-run", "--timeout=60", f"--index-url={filled.url}", "demo"]
    with pytest.raises(PipError) as caught:
        run_pip(arguments, ARM, scratch=tmp_path, time_limit=1.5)
    assert [problem.rule for problem in caught.value.problems] == ["pip-timeout"]


class StopHere(Exception):  # noqa: N818
    """Raised by a caller's callback."""


def test_callback_that_raises(tmp_path: Path, filled: IndexServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the caller's callback raises reaches the caller, and the child is gone by then."""
    started: list[Any] = []
    popen = child.subprocess.Popen  # type: ignore[attr-defined]

    def watched(*args: Any, **options: Any) -> Any:
        started.append(popen(*args, **options))
        return started[-1]

    def stop(event: object) -> None:
        raise StopHere

    monkeypatch.setattr(child.subprocess, "Popen", watched)  # type: ignore[attr-defined]
    with pytest.raises(StopHere):
        run_pip(["install", "demo", f"--index-url={filled.url}"], ARM, scratch=tmp_path, on_event=stop)
    [process] = started
    assert process.returncode is not None
