"""``lambda-wheels check``, called in this process: its lines, its JSON and its exit codes."""

from __future__ import annotations

import io
import json
import shutil
import sys
from pathlib import Path

import pytest

from lambda_wheels.cli import main
from tests.resolution.locks import write_lock
from tests.wheel_factory import make_wheel
from tests.whole.test_builds_from_locks import of

LOCK = ["--lock", "pylock.toml"]


@pytest.fixture(autouse=True)
def layer(out: Path, bare_surroundings: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock in the working directory, and ``layer.zip`` and ``layer`` that were built from it."""
    monkeypatch.chdir(out)
    write_lock(out / "pylock.toml", of(make_wheel(out, "demo")))
    target = ["--runtime=python3.13", "--architecture=arm64"]
    for output in ("layer.zip", "layer"):
        assert main(["build", "-q", "-r", "pylock.toml", *target, "-o", output]) == 0


@pytest.mark.parametrize("name", ["layer.zip", "layer", "./layer/", "../out/layer.zip"])
def test_the_same(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line on stdout, and 0; with ``-q`` nothing; with ``--json`` an empty list."""
    assert main(["check", name, *LOCK]) == 0
    assert capsys.readouterr() == (f"{name}: is what pylock.toml makes\n", "")
    assert main(["check", "-q", name, *LOCK]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["check", "--json", name, *LOCK]) == 0
    assert capsys.readouterr() == ("[]\n", "")


def test_differences(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each difference on stderr, and 1, also with ``-q``; with ``--json`` a list of problems besides."""
    (out / "layer" / "python" / "demo" / "__init__.py").write_bytes(b"")
    (out / "layer" / "python" / "a\n\u202eb.py").write_bytes(b"")
    lines = (
        "error[layer-differs] python/a\\n\\u202eb.py: it is not what the lock makes\n"
        "error[layer-differs] python/demo/__init__.py: the lock makes other bytes of it\n"
    )
    for quiet in ([], ["-q"], ["-v"]):
        assert main(["check", "layer", *LOCK, *quiet]) == 1
        assert capsys.readouterr() == ("", lines)
    assert main(["check", "layer", "--json", *LOCK]) == 1
    printed = capsys.readouterr()
    assert printed.err == lines
    assert json.loads(printed.out)[1] == {
        "rule": "layer-differs",
        "severity": "error",
        "project": None,
        "wheel": None,
        "member": "python/demo/__init__.py",
        "message": "the lock makes other bytes of it",
        "hint": None,
    }


def test_what_cannot_be_compared(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no layer of ours is 1, wrong usage 2, a wheel that is gone 3; with ``--json`` each an object."""
    (out / "text.zip").write_text("hello")
    cases = [(["text.zip", *LOCK], 1, "layer-differs"), (["nothing.zip", *LOCK], 2, "no-such-file")]
    for arguments, code, rule in cases:
        assert main(["check", "--json", *arguments]) == code
        assert [problem["rule"] for problem in json.loads(capsys.readouterr().out)["problems"]] == [rule]
    (out / "demo-1.0-py3-none-any.whl").unlink()
    assert main(["cache", "clear", "-q"]) == 0
    assert main(["check", "layer.zip", *LOCK]) == 3
    assert "file-unreachable" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="nothing"),
        pytest.param(["layer.zip", "--runtime="], id="runtime empty"),
        pytest.param(["", *LOCK], id="layer empty"),
        pytest.param(["layer.zip", "--lock", ""], id="lock empty"),
        pytest.param(["layer.zip", "", *LOCK], id="wheel empty"),
        pytest.param(["layer.zip", *LOCK, "--bytecode-python="], id="interpreter empty"),
        pytest.param(["layer.zip", *LOCK, "--scripts"], id="a flag of build"),
        pytest.param(["layer.zip", "--imports", "--root="], id="root empty"),
    ],
)
def test_wrong_flags(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What is missing or empty, as a variable that was not set, ends with 2; the working directory is no layer."""
    with pytest.raises(SystemExit) as caught:
        main(["check", *arguments])
    assert caught.value.code == 2
    assert capsys.readouterr().out == ""


def test_wheels_beside_the_lock(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Wheels are arguments as for ``build``, before or after the flags."""
    own = make_wheel(out, "ours").name
    target = ["--runtime=python3.13", "--architecture=arm64"]
    assert main(["build", "-q", "-r", "pylock.toml", own, *target, "-o", "layer.zip"]) == 0
    assert main(["check", "layer.zip", own, *LOCK]) == 0
    assert main(["check", *LOCK, "layer.zip", f"./{own}"]) == 0
    capsys.readouterr()
    assert main(["check", "layer.zip", *LOCK]) == 1
    assert "ours: the layer has 1.0, and the lock does not have it" in capsys.readouterr().err


def test_moved(out: Path) -> None:
    """A layer says nothing of where it was: a copy is the same, wherever it is."""
    (out / "a 'b' ü").mkdir()
    shutil.copytree("layer", out / "a 'b' ü" / "copy")
    assert main(["check", "a 'b' ü/copy", *LOCK]) == 0


def test_closed_stdout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody takes the answer, the exit code still is one."""
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["check", "layer.zip", *LOCK]) == 0
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert main(["check", "layer.zip", *LOCK]) == 0


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("can't start new thread")], ids=["memory", "threads"])
def test_what_the_system_does_not_give(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Memory or threads that run out are one line and 3, as another time there may be more; a slip of ours is not."""
    failures = [error, RuntimeError("something else")]

    def fail(*_: object, **__: object) -> None:
        raise failures.pop(0)

    monkeypatch.setattr("lambda_wheels.cli.check.check_layer", fail)
    assert main(["check", "layer.zip", *LOCK]) == 3
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: the system gives no more memory") and printed.err.count("\n") == 1
    with pytest.raises(RuntimeError, match="something else"):
        main(["check", "layer.zip", *LOCK])


def test_a_layer_that_is_looked_at(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a lock the last line says what was looked at, and for which targets, which a layer of ours knows."""
    for name in ("layer.zip", "layer"):
        assert main(["check", name]) == 0
        line = f"{name}: nothing found for python3.13 on arm64 (1 project, 0 files of machine code)\n"
        assert capsys.readouterr() == (line, "")
    assert main(["check", "layer.zip", "-q"]) == 0
    assert main(["check", "layer.zip", *LOCK, "--runtime=python3.13", "--architecture=arm64"]) == 0
    assert capsys.readouterr().out == "layer.zip: is what pylock.toml makes\n" + line.replace("layer:", "layer.zip:")


def test_warnings_and_errors(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Warnings alone are 0, with ``--strict`` 1; each is a line on stderr, errors first; with ``-q`` errors are."""
    (out / "layer" / "python" / "typing.py").write_bytes(b"")
    target = ["--runtime", "python3.13", "--architecture", "arm64", "--architecture", "x86_64"]
    assert main(["check", "layer"]) == 0
    printed = capsys.readouterr()
    assert printed.err.startswith("warning[shadows-stdlib] python/typing.py: ")
    assert printed.out.startswith("layer: 1 warning found for python3.13 on arm64 (")
    assert main(["check", "layer", "-q"]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["check", "layer", "--strict"]) == 1
    (out / "layer" / "python" / "demo" / "__init__.py").write_bytes(b"")
    capsys.readouterr()
    assert main(["check", "layer", *target]) == 1
    printed = capsys.readouterr()
    assert [line.partition("]")[0] for line in printed.err.splitlines()] == [
        "error[record-hash",
        "warning[shadows-stdlib",
    ]
    assert printed.out.startswith(
        "layer: 1 error and 1 warning found for python3.13 on x86_64 and python3.13 on arm64 ("
    )
    assert main(["check", "layer", "--allow", "record-hash:demo", "--json"]) == 0
    printed = capsys.readouterr()
    assert [(problem["rule"], problem["severity"]) for problem in json.loads(printed.out)] == [
        ("record-hash", "warning"),
        ("shadows-stdlib", "warning"),
    ]


def test_a_large_zip(out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a zip that needs a bucket a note says so, as when it is built."""
    monkeypatch.setattr("lambda_wheels.cli.check.DIRECT_UPLOAD_LIMIT", 100)
    assert main(["check", "layer.zip"]) == 0
    assert capsys.readouterr().err == "note: over 50 MB zipped, so publishing it needs an S3 bucket\n"
    assert main(["check", "layer"]) == 0
    assert capsys.readouterr().err == ""


def test_what_cannot_be_looked_at(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What says not for what it is needs a target: 2; what is no zip is a finding: 1."""
    (out / "text.zip").write_text("hello")
    assert main(["check", "demo-1.0-py3-none-any.whl"]) == 2
    assert "name both: --runtime python3.13 --architecture arm64" in capsys.readouterr().err
    assert main(["check", "text.zip"]) == 1
    assert capsys.readouterr() == ("", f"error[archive-end] {out / 'text.zip'}: it is not a zip archive\n")


@pytest.mark.parametrize(
    "surplus", [["demo-1.0-py3-none-any.whl"], ["--lib=nosuch.so"], ["--bytecode-python=nosuch"]], ids="".join
)
def test_without_a_lock(surplus: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What a layer is made of again has a place beside a lock only, whether it is there or not."""
    assert main(["check", "layer.zip", *surplus]) == 2
    assert f"{surplus[0].rpartition('=')[2]} has a place beside a lock only; give --lock" in capsys.readouterr().err
