"""What each target would get, and why not the newest, on wheels of the test's own. (Starts pip; loopback.)"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import lambda_wheels
from lambda_wheels import Explanation, ProgressEvent, Target
from lambda_wheels.cli import main
from tests.index_server import IndexServer
from tests.wheel_factory import make_wheel

pytestmark = pytest.mark.pip

Explain = Callable[..., tuple[Explanation, ...]]
RUNTIMES = ["python3.13", "python3.11"]


@pytest.fixture
def explain(index: IndexServer, demo: None) -> Explain:
    """Explain for two runtimes on both architectures, from the test's index."""
    return functools.partial(
        lambda_wheels.explain,
        runtime=RUNTIMES,
        architecture=["arm64", "x86_64"],
        index_url=index.url,
        retries=0,
        timeout=5,
    )


@pytest.fixture
def demo(served: Path) -> None:
    """A project whose newest release is for newer runtimes, that of its dependency for one architecture."""
    make_wheel(served, "demo", requires=["helper"])
    make_wheel(served, "demo", "2.0", requires=["helper"], requires_python=">=3.12")
    make_wheel(served, "helper")
    make_wheel(served, "helper", "2.0", tag="py3-none-manylinux_2_17_x86_64")


def versions(explanation: Explanation) -> dict[str, str]:
    """Versions by project."""
    return {project.name: project.version for project in explanation.projects}


def test_explain(explain: Explain) -> None:
    """Each target has its versions, and what is held back, in the order of the tables; both are told of everything."""
    found = explain("demo")
    assert [explanation.target for explanation in found] == [
        Target("python3.11", "x86_64"),
        Target("python3.11", "arm64"),
        Target("python3.13", "x86_64"),
        Target("python3.13", "arm64"),
    ]
    assert [*map(versions, found)] == [
        {"demo": "1.0", "helper": "2.0"},
        {"demo": "1.0", "helper": "1.0"},
        {"demo": "2.0", "helper": "2.0"},
        {"demo": "2.0", "helper": "1.0"},
    ]
    assert [[problem.project for problem in explanation.problems] for explanation in found] == [
        ["demo"],
        ["demo", "helper"],
        [],
        ["helper"],
    ]
    assert all(explanation.fits for explanation in found)
    assert {project.name: project.asked for project in found[0].projects} == {"demo": True, "helper": False}


def test_no_answer(explain: Explain) -> None:
    """Where a target can have nothing, its errors say why and what would work; the others have their versions."""
    found = explain("demo>=2")
    assert [explanation.fits for explanation in found] == [False, False, True, True]
    [problem] = found[0].problems
    assert (problem.rule, problem.project) == ("requires-python", "demo")
    assert problem.hint == "the newest that fits is 1.0, or build for python3.12 or newer"


def test_every_target(index: IndexServer, demo: None) -> None:
    """Without a runtime or an architecture, every one of Lambda's is asked about."""
    seen: list[ProgressEvent] = []
    found = lambda_wheels.explain("helper", index_url=index.url, progress=seen.append)
    assert len(found) == len(lambda_wheels.RUNTIMES) * len(lambda_wheels.ARCHITECTURES)
    assert [(event.done, event.total) for event in seen] == [(count + 1, len(found)) for count in range(len(found))]


def test_downloads_no_wheel(explain: Explain, index: IndexServer) -> None:
    """Where the index has metadata beside its wheels, no wheel is downloaded."""
    explain("demo")
    assert not index.count("*.whl")


def test_an_index_that_fails(explain: Explain, index: IndexServer) -> None:
    """An index that cannot be read is no answer about any target."""
    with pytest.raises(lambda_wheels.SurroundingsError):
        explain("demo", index_url=index.url.replace("/simple", "/nothing"), extra_index_url=["http://127.0.0.1:9/"])


def test_a_lock_has_no_place(explain: Explain, out: Path) -> None:
    """In a lock all is chosen, so there is nothing to explain."""
    lock = out / "pylock.toml"
    lock.write_text('lock-version = "1.0"\ncreated-by = "a test"\npackages = []\n')
    with pytest.raises(lambda_wheels.UsageError, match="lock-not-alone"):
        explain(lock)


def run(index: IndexServer, *arguments: str) -> int:
    """Run the command."""
    targets = [f"--runtime={runtime}" for runtime in RUNTIMES]
    return main(["explain", *arguments, *targets, f"--index-url={index.url}", "--retries=0", "--timeout=5"])


def test_table(index: IndexServer, demo: None, capsys: pytest.CaptureFixture[str]) -> None:
    """A table for each project that was asked for, and reasons, each once, behind the targets that it is about.

    No line is wider than 100 columns.
    """
    assert run(index, "demo") == 0
    assert capsys.readouterr().out == (
        "demo        x86_64  arm64\n"
        "python3.11  1.0     1.0\n"
        "python3.13  2.0     2.0\n"
        "\n"
        "python3.11: demo: 1.0 was taken; 2.0 needs Python >=3.12, python3.11 has 3.11.9\n"
        "python3.11 on arm64, python3.13 on arm64: helper: 1.0 was taken; 2.0 has wheels for x86_64, none for\n"
        "    aarch64\n"
    )


def test_each_step(index: IndexServer, served: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What stands in the way of what was asked for is told however far away it is, with each step to it."""
    make_wheel(served, "top")
    make_wheel(served, "top", "2.0", requires=["middle>=2"])
    make_wheel(served, "middle")
    make_wheel(served, "middle", "2.0", requires=["helper>=2"])
    make_wheel(served, "helper", "2.0", tag="cp313-cp313-manylinux_2_17_x86_64")
    assert run(index, "top", "--architecture=x86_64") == 0
    assert capsys.readouterr().out == (
        "top         x86_64\n"
        "python3.11  1.0\n"
        "python3.13  2.0\n"
        "\n"
        "python3.11 on x86_64: top: 1.0 was taken; 2.0 needs middle>=2, of which 2.0 needs helper>=2, of\n"
        "    which 2.0 has wheels for cp313, none for cp311\n"
    )


def test_nothing_fits(index: IndexServer, demo: None, capsys: pytest.CaptureFixture[str]) -> None:
    """Where no target can have it the exit code is 1, and every reason is printed."""
    assert run(index, "demo>=3") == 1
    assert capsys.readouterr().out == (
        "python3.11, python3.13: demo: no release satisfies >=3; the newest are 2.0, 1.0\n"
    )


def test_json(index: IndexServer, demo: None, capsys: pytest.CaptureFixture[str]) -> None:
    """``--json`` is a list of objects, one for each target, whose names are promises."""
    assert run(index, "demo", "--architecture=arm64", "--json") == 0
    printed: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    assert [list(one) for one in printed] == [["runtime", "architecture", "fits", "projects", "problems"]] * 2
    assert printed[1]["projects"] == [
        {"name": "demo", "version": "2.0", "asked": True},
        {"name": "helper", "version": "1.0", "asked": False},
    ]


@pytest.mark.network
def test_real_projects() -> None:
    """On the real index: what is known of these projects on Amazon Linux 2, and of one that no AL2023 can have."""
    [intel, arm] = lambda_wheels.explain(["numpy", "duckdb<2.1", "psycopg2-binary<2.9.14"], runtime="python3.11")
    assert versions(intel)["numpy"] == "2.2.6"
    assert versions(intel)["duckdb"] == "1.5.6"
    assert versions(arm)["psycopg2-binary"] == "2.9.11"
    held = {problem.project: problem.message for problem in intel.problems}
    assert "needs glibc 2.27, python3.11 has 2.26" in held["duckdb"]
    [newest] = lambda_wheels.explain("orjson==3.13.0", runtime="python3.15", architecture="arm64")
    assert "needs glibc 2.39" in newest.problems[0].message
