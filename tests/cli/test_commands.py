"""The command without a build: its help, ``runtimes`` and ``cache``, and wrong usage. (Prints; starts nothing.)"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import pytest

import lambda_wheels
from lambda_wheels.cli import main
from lambda_wheels.cli.parser import make_parser
from lambda_wheels.store import Store
from lambda_wheels.wheels import read_wheel
from tests.wheel_factory import make_wheel

COMMANDS = ["build", "fetch", "lock", "runtimes", "cache"]


def ended(*arguments: str) -> int | str | None:
    """How the parser ends the program."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    return caught.value.code


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """``--version`` names the distribution's."""
    assert ended("--version") == 0
    assert capsys.readouterr().out == f"lambda-wheels {version('lambda-wheels')}\n"


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    """``--help`` names every command."""
    assert ended("--help") == 0
    said = capsys.readouterr().out
    assert said.startswith("usage: lambda-wheels ")
    assert [name for name in COMMANDS if f"\n    {name} " not in said] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_commands(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every command has a help text with its words."""
    assert ended(command, "--help") == 0
    said = capsys.readouterr().out
    assert said.startswith(f"usage: lambda-wheels {command} ")
    assert "--json" in said
    assert "--quiet" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param([], "COMMAND", id="nothing"),
        pytest.param(["bild"], "invalid choice: 'bild'", id="no such command"),
        pytest.param(["build", "six"], "required: --runtime, --architecture, -o/--output", id="all that is missing"),
        pytest.param(["build", "six", "--run", "python3.13"], "required", id="abbreviated"),
        pytest.param(["cache", "burn"], "invalid choice: 'burn'", id="no such action"),
        pytest.param(["cache"], "action", id="no action"),
        pytest.param(
            ["build", "six", "--runtime=x", "--architecture=x", "-o=x", "--timeout=soon"], "soon", id="no number"
        ),
        pytest.param(
            ["build", "six", "--runtime=x", "--architecture=x", "-o", ""], "argument -o/--output: ", id="no output"
        ),
        pytest.param(
            ["fetch", "six", "--runtime=x", "--architecture=x", "--output="], "argument -o/--output: ", id="no folder"
        ),
        *(
            pytest.param(
                [command, "x", "--runtime=x", "--architecture=x", "-o=x", flag], f"{name}: -- is no value", id=flag
            )
            for command, flag, name in (
                ("build", "--output=--", "-o/--output"),
                ("build", "-o--", "-o/--output"),
                ("build", "--runtime=--", "--runtime"),
                ("fetch", "--requirement=--", "-r/--requirement"),
                ("build", "--lib=--", "--lib"),
                ("lock", "--allow=--", "--allow"),
                ("fetch", "--timeout=--", "--timeout"),
            )
        ),
        pytest.param(["publish", "x.zip", "--name=--"], "--name: -- is no value", id="--name=--"),
        pytest.param(["runtimes", "--colour"], "unrecognized arguments: --colour", id="no such flag"),
    ],
)
def test_wrong_usage(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong usage is exit code 2, with the usage and what is wrong, on stderr."""
    assert ended(*arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("usage: lambda-wheels")
    assert said in captured.err


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param("one --runtime=r two --architecture=a three -o=o", id="between flags"),
        pytest.param("--runtime=r --architecture=a -o=o one two three", id="last"),
        pytest.param("one --runtime=r --architecture=a -o=o -- two three", id="after the end of the flags"),
    ],
)
@pytest.mark.parametrize("command", ["build", "fetch"])
def test_any_order(command: str, arguments: str) -> None:
    """Requirements and flags may stand in any order, as for pip."""
    options = make_parser().parse_args([command, *arguments.split()])
    assert options.requirements == ["one", "two", "three"]
    assert (options.runtime, options.architecture, options.output) == (["r"], ["a"], "o")


@pytest.mark.parametrize("given", [("arm64", "x86_64"), ("auto", "arm64"), ("mips", "auto")])
@pytest.mark.parametrize("command", ["build", "fetch"])
def test_one_architecture(
    command: str, given: tuple[str, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A layer is for one architecture, or for whichever it may be: a second one is refused, not taken for the first."""
    architectures = [f"--architecture={name}" for name in given]
    assert main([command, "six", "--runtime=python3.13", *architectures, f"-o={tmp_path / 'x.zip'}"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error[unknown-architecture] '{given[0]}' and '{given[1]}' were named, ")
    assert "name one, or auto" in line


def test_all_unknown_at_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """An unknown runtime and an unknown architecture are a line each, with what is known."""
    assert main(["build", "six", "--runtime=python2.7", "--architecture=mips", f"-o={tmp_path / 'x.zip'}"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["error[unknown-runtime]", "error[unknown-architecture]"]
    assert "python3.13" in lines[0]
    assert "x86_64, arm64" in lines[1]


# --- runtimes --------------------------------------------------------------------------------------------------------


def test_runtimes(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each runtime, with its days; ``grep`` and ``awk`` can take them."""
    assert main(["runtimes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = {line.split()[0]: line.split() for line in lines[1:-1]}
    assert list(rows) == list(lambda_wheels.RUNTIMES)
    assert rows["python3.9"][-3:] == ["2025-12-15", "2027-02-01", "2027-03-03"]
    assert rows["python3.15"][-3:] == ["-", "-", "-"]
    assert lines[-1] == "architectures: x86_64, arm64"


def test_runtimes_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """An object for each runtime; days in ISO 8601, or null."""
    assert main(["runtimes", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert list(rows) == list(lambda_wheels.RUNTIMES)
    assert rows["python3.13"]["deprecated"] == "2029-06-30"
    assert rows["python3.15"]["deprecated"] is None
    assert rows["python3.13"]["os"]["glibc"] == [2, 34]


# --- cache -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def wheel(tmp_path: Path, store: Path) -> Path:
    """A wheel in the store."""
    made = make_wheel(tmp_path, "demo")
    return Store(store).add(made, read_wheel(made)).path


def test_cache_dir(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``cache dir`` prints where the store is, whether or not it is there."""
    assert main(["cache", "dir"]) == 0
    assert capsys.readouterr().out == f"{store}\n"
    assert main(["cache", "dir", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == str(store)
    assert not store.exists()


@pytest.mark.parametrize("action", ["info", "clear"])
def test_cache_size(action: str, wheel: Path, store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``cache info`` says how much is there, ``cache clear`` how much was; afterwards the store is empty."""
    assert main(["cache", action, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert list(said) == ["folder", "wheels", "size"]
    assert (said["folder"], said["wheels"]) == (str(store), 1)
    assert said["size"] > 500
    assert wheel.exists() == (action == "info")
    assert main(["cache", action]) == 0
    count = 1 if action == "info" else 0
    assert f"{store}: {'holds' if action == 'info' else 'removed'} {count} wheel" in capsys.readouterr().out


def test_cache_verify(wheel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``cache verify`` is silent where all is well; a damaged wheel is a line, exit code 1, and removed."""
    assert main(["cache", "verify"]) == 0
    assert capsys.readouterr() == ("", "")
    wheel.chmod(0o644)
    wheel.write_bytes(b"other")
    assert main(["cache", "verify", "--json"]) == 1
    said = capsys.readouterr()
    [problem] = json.loads(said.out)
    assert problem["rule"] == "store-damaged"
    [line] = said.err.splitlines()
    assert line.startswith("warning[store-damaged] demo-1.0")
    assert not wheel.exists()
    assert main(["cache", "verify", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize("action", ["info", "clear", "verify"])
def test_cache_that_is_not_there(action: str, store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A store that was never made is an empty one, and is not made by being looked at."""
    assert main(["cache", action]) == 0
    assert capsys.readouterr().err == ""
    assert not store.exists()


@pytest.mark.parametrize("below", ["", "store"], ids=["file", "below a file"])
@pytest.mark.parametrize("action", ["info", "clear", "verify"])
def test_cache_that_is_a_file(
    action: str, below: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A store that cannot be a folder is not an empty one: one line, and exit code 3."""
    (tmp_path / "file").write_text("mine")
    monkeypatch.setenv("LAMBDA_WHEELS_CACHE", str(tmp_path / "file" / below))
    assert main(["cache", action]) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error[store-failed] ")
    assert said.err.count("\n") == 1
    assert (tmp_path / "file").read_text() == "mine"
