"""``lambda-wheels build`` and ``fetch``, called in this process. (Starts pip; opens loopback sockets.)"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lambda_wheels import Problem
from lambda_wheels.cli import main
from lambda_wheels.layers import DIRECT_UPLOAD_LIMIT
from tests.index_server import Fault, IndexServer
from tests.loopback import snapshot
from tests.wheel_factory import make_wheel

pytestmark = pytest.mark.pip

LAYER_NAMES = """
path sha256 code_sha256 content_sha256 zip_size unzipped_size wheels targets compatible_runtimes
compatible_architectures warnings passed_over pip_command
""".split()
"""What ``--json`` prints of a layer: a promise, as are the next two."""
WHEEL_NAMES = ["name", "version", "filename", "sha256", "size", "tags"]
PROBLEM_NAMES = ["rule", "severity", "project", "wheel", "member", "message", "hint"]

Run = Callable[..., int]


@pytest.fixture
def run(index: IndexServer) -> Run:
    """Run the command for python3.13 on arm64, from ``index``."""

    def call(name: str, *arguments: str | Path) -> int:
        options = ["--runtime=python3.13", "--architecture=arm64", f"--index-url={index.url}", "--retries=0"]
        return main([name, *map(str, arguments), *options, "--timeout=5"])

    return call


@pytest.fixture(autouse=True)
def wheels(served: Path) -> list[Path]:
    """A project that needs another."""
    return [make_wheel(served, "demo", requires=["helper"]), make_wheel(served, "helper")]


def test_build(run: Run, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line on stdout says what was made, how large, for what; nothing else is said."""
    assert run("build", "demo", "-o", out / "layer.zip") == 0
    said = capsys.readouterr()
    size = f"{(out / 'layer.zip').stat().st_size / 1000:.1f} kB"
    assert said.out.startswith(f"{out / 'layer.zip'}: 2 projects, {size} (")
    assert said.out.endswith(" unzipped), for python3.13 on arm64\n")
    assert said.out.count("\n") == 1
    assert said.err == ""


def test_build_a_folder(run: Run, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a folder only the unzipped size is said."""
    assert run("build", "helper", "-o", out / "layer") == 0
    assert (out / "layer" / "python" / "helper" / "__init__.py").is_file()
    assert f"{out / 'layer'}: 1 project, 0.9 kB unzipped, for" in capsys.readouterr().out


def test_build_as_json(run: Run, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``--json`` prints the attributes of the layer under their names, and nothing else on stdout."""
    assert run("build", "demo", "-o", out / "layer.zip", "--json") == 0
    said = capsys.readouterr()
    layer = json.loads(said.out)
    assert list(layer) == LAYER_NAMES
    assert layer["path"] == str(out / "layer.zip")
    assert [list(wheel) for wheel in layer["wheels"]] == [WHEEL_NAMES, WHEEL_NAMES]
    assert layer["targets"] == [{"runtime": "python3.13", "architecture": "arm64"}]
    assert said.err == ""


def test_warnings(run: Run, served: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Warnings are lines on stderr, and objects in JSON."""
    make_wheel(served, "hooks", files={"hooks.pth": "import this\n"})
    assert run("build", "hooks", "-o", out / "layer.zip", "--json") == 0
    said = capsys.readouterr()
    [warning] = json.loads(said.out)["warnings"]
    assert list(warning) == PROBLEM_NAMES
    assert (warning["rule"], warning["severity"]) == ("pth-file", "warning")
    assert said.err.startswith("warning[pth-file] hooks-1.0-py3-none-any.whl: hooks.pth: ")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("name", ["build", "fetch"])
def test_warnings_once(
    name: str, run: Run, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that cannot be written is gone round, with one line that says so, as for every other warning."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LAMBDA_WHEELS_CACHE", str(tmp_path / "file" / "store"))
    assert run(name, "demo", "-o", out / "output") == 0
    lines = capsys.readouterr().err.splitlines()
    assert sorted(line.partition(" ")[0] for line in lines) == ["warning[store-not-writable]"]


@pytest.mark.parametrize("name", ["build", "fetch"])
def test_quiet(name: str, run: Run, served: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``-q`` says nothing where all went well, warnings included."""
    make_wheel(served, "hooks", files={"hooks.pth": "import this\n"})
    assert run(name, "hooks", "-o", out / "output", "-q") == 0
    assert capsys.readouterr() == ("", "")
    assert (out / "output").is_dir()


def test_quiet_failure(run: Run, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``-q`` does not hide what went wrong."""
    assert run("build", "nobody", "-o", out / "layer.zip", "-q") == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error[no-such-project] ")


def test_verbose(run: Run, index: IndexServer, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``-v`` says pip's own words, and the plain pip command whose tree this is."""
    assert run("build", "demo", "-o", out / "layer.zip", "-v") == 0
    said = capsys.readouterr()
    assert said.out.count("\n") == 1
    assert "Would install demo-1.0 helper-1.0" in said.err
    [plain] = [line for line in said.err.splitlines() if "pip install --target python" in line]
    assert plain.endswith("demo==1.0 helper==1.0")
    assert f"--index-url={index.url}" in plain


def test_verbose_failure(run: Run, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``-v`` says pip's own words where it failed, too, control characters escaped."""
    assert run("build", "nobody", "-o", out / "layer.zip", "-v") == 1
    said = capsys.readouterr().err
    assert "No matching distribution found for nobody" in said
    assert all(line.isprintable() for line in said.splitlines())


def test_fetch(run: Run, wheels: list[Path], out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``fetch`` lists the files that it put into the folder, one a line; with ``--json`` what is known of them."""
    assert run("fetch", "demo", "-o", out / "wheels") == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == [str(out / "wheels" / path.name) for path in wheels]
    assert said.err == ""
    assert run("fetch", "demo", "-o", out / "wheels", "--json") == 0
    fetched = json.loads(capsys.readouterr().out)
    assert [list(wheel) for wheel in fetched] == [WHEEL_NAMES, WHEEL_NAMES]
    assert [wheel["filename"] for wheel in fetched] == [path.name for path in wheels]


def test_what_arguments_are(run: Run, index: IndexServer, tmp_path: Path, out: Path) -> None:
    """Names, requirement files, wheels by their path with or without a separator, and ``NAME @ URL``."""
    own = [make_wheel(tmp_path, name) for name in ("first", "second")]
    (tmp_path / "requirements.txt").write_text("helper>=1\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        named_url = f"demo @ {index.file_url('demo-1.0-py3-none-any.whl')}"
        arguments = [own[0].name, f"./{own[1].name}", named_url, "-r", "requirements.txt"]
        assert run("fetch", *arguments, "-o", out / "wheels") == 0
    names = [path.name.partition("-")[0] for path in sorted((out / "wheels").iterdir())]
    assert names == ["demo", "first", "helper", "second"]


def test_scripts_waivers_and_strict(run: Run, served: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The flags of a build reach it."""
    make_wheel(served, "tool", defect="record-hash", entry_points="[console_scripts]\ntool = tool:main\n")
    output = ["-o", out / "layer", "--scripts", "--strict"]
    assert run("build", "tool", *output) == 1
    assert "error[record-hash] " in capsys.readouterr().err
    assert run("build", "tool", *output, "--allow", "record-hash:tool", "--json") == 0
    assert [warning["rule"] for warning in json.loads(capsys.readouterr().out)["warnings"]] == ["record-hash"]
    assert "bin/tool" in snapshot(out / "layer")


def test_large_layers_need_s3(
    run: Run, out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over 50 MB zipped, a note says that publishing will need S3."""
    assert DIRECT_UPLOAD_LIMIT == 52_428_800
    monkeypatch.setattr("lambda_wheels.cli.build.DIRECT_UPLOAD_LIMIT", 100)
    assert run("build", "helper", "-o", out / "layer.zip") == 0
    assert "S3" in capsys.readouterr().err


FAILURES: dict[str, tuple[list[str], int, str]] = {
    "wrong usage": ([" -e ."], 2, "bad-requirement"),
    "no requirement": ([], 2, "no-requirement"),
    "missing file": (["-r", "none.txt"], 2, "no-such-file"),
    "string for path": (["requirements.txt"], 2, "string-for-path"),
    "cannot be done": (["nobody"], 1, "no-such-project"),
    "index fails": (["failing"], 3, "index-failed"),
}


@pytest.mark.parametrize(("arguments", "code", "rule"), FAILURES.values(), ids=FAILURES)
def test_failures(
    arguments: list[str],
    code: int,
    rule: str,
    run: Run,
    index: IndexServer,
    out: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What goes wrong is a line on stderr and an exit code; with ``--json`` each problem is an object as well."""
    index.fail("/simple/failing/", Fault.status(500))
    assert run("build", "-o", out / "layer.zip", "--json", *arguments) == code
    said = capsys.readouterr()
    [problem] = json.loads(said.out)["problems"]
    assert list(problem) == PROBLEM_NAMES
    assert (problem["rule"], problem["severity"]) == (rule, "error")
    assert said.err == str(Problem(**problem | {"severity": "error"})) + "\n"
    assert list(out.iterdir()) == []


def test_control_characters(run: Run, served: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a stranger called a file cannot move the cursor or colour the terminal."""
    make_wheel(served, "evil", files={"evil/\x1b[31m.py": "", "evil/\u202e.py": ""})
    assert run("build", "evil", "-o", out / "layer.zip") == 1
    said = capsys.readouterr().err
    assert "\\x1b[31m" in said
    assert "\\u202e" in said
    assert all(line.isprintable() for line in said.splitlines())
