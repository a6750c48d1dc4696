"""Builds with bytecode: what is in the layer, that Python takes it, and what goes wrong. (Starts pip and Pythons.)"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

import lambda_wheels
from lambda_wheels import Stage
from lambda_wheels.bytecode import Interpreter, find_interpreter
from tests.index_server import IndexServer
from tests.loopback import IMPATIENT, Build, left_behind
from tests.store.test_open_store import read_only
from tests.wheel_factory import make_wheel
from tests.whole.zips import manifest, unzipped

pytestmark = pytest.mark.pip

OWN = sys.version_info[:2]
FULL = "{}.{}.{}".format(*sys.version_info[:3])
TAG = sys.implementation.cache_tag
RUNTIME: dict[str, Any] = {"runtime": "python{}.{}".format(*OWN)}


@pytest.fixture(autouse=True)
def wheels(served: Path) -> None:
    """A project with a template, which needs another, part of which lies in its ``.data`` folder."""
    if sys.version_info.releaselevel != "final":
        pytest.skip("this Python is no final release, and another need not be there")
    files = {"demo/__init__.py": "import helper\nVALUE = helper.VALUE\n", "demo/template.py": "def {{ name }}(): ..."}
    make_wheel(served, "demo", files=files, requires=["helper"])
    make_wheel(served, "helper", files={}, data={"purelib/helper.py": "VALUE = __file__, (lambda: 0).__code__\n"})


def run(folder: Path, program: str) -> str:
    """What ``program`` prints where ``folder`` is all that there is besides the standard library, as in Lambda."""
    start = f"import sys; sys.path.append({str(folder / 'python')!r})\n"
    answer = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", start + program], capture_output=True, text=True, check=True
    )
    return answer.stdout


def test_zip_and_folder(build: Build, out: Path) -> None:
    """Both hold the bytecode of all that compiles, and say which Python has compiled."""
    plain = build("demo", **RUNTIME, output=out / "plain.zip")
    zipped = build("demo", **RUNTIME, output=out / "layer.zip", bytecode=True)
    folder = build("demo", **RUNTIME, output=out / "layer", bytecode=True)
    assert zipped.content_sha256 == folder.content_sha256 != plain.content_sha256
    files = unzipped(out / "layer.zip")
    new = {name for name in files.keys() - unzipped(out / "plain.zip").keys() if name.startswith("python/")}
    assert new == {f"python/__pycache__/helper.{TAG}.pyc", f"python/demo/__pycache__/__init__.{TAG}.pyc"}
    assert manifest(zipped)["options"] == {"bytecode": FULL}
    assert "options" in manifest(plain) and manifest(plain)["options"] == {}
    assert str(out).encode() not in (out / "layer.zip").read_bytes()
    assert plain.compatible_runtimes == zipped.compatible_runtimes
    content = files[f"python/__pycache__/helper.{TAG}.pyc"][1]
    assert content[:8] == importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little")
    assert zipped.unzipped_size > plain.unzipped_size


def test_python_takes_it(build: Build, out: Path) -> None:
    """Modules are loaded from the bytecode, as it is: not even a source that has changed is compiled."""
    build("demo", **RUNTIME, output=out / "layer", bytecode=True)
    source = out / "layer/python/helper.py"
    source.chmod(0o644)
    source.write_text("raise SystemExit('compiled')\n", encoding="utf-8")
    program = """
import demo, demo.__init__, importlib.metadata, os
place, code = demo.VALUE
print(os.path.basename(place), os.path.basename(code.co_filename), demo.__cached__.endswith(".pyc"))
for project in ("demo", "helper"):
    files = importlib.metadata.files(project)
    print(all(file.locate().is_file() for file in files), sum(".pyc" in str(file) for file in files))
"""
    assert run(out / "layer", program).splitlines() == ["helper.py helper.py True", "True 1", "True 1"]


def test_paths_of_lambda(build: Build, out: Path) -> None:
    """The code says that it comes from where it is in Lambda."""
    build("demo", **RUNTIME, output=out / "layer", bytecode=True)
    program = f"""
import marshal
for path in ("__pycache__/helper.{TAG}.pyc", "demo/__pycache__/__init__.{TAG}.pyc"):
    with open(sys.path[-1] + "/" + path, "rb") as file:
        print(marshal.loads(file.read()[16:]).co_filename)
"""
    assert run(out / "layer", program).split() == ["/opt/python/helper.py", "/opt/python/demo/__init__.py"]


def test_compiled_once(build: Build, out: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A later layer copies what the store has; an empty store comes to the same bytes."""
    stages: list[Stage] = []
    build("demo", **RUNTIME, output=out / "first.zip", bytecode=True, progress=lambda event: stages.append(event.stage))
    order = [Stage.RESOLVE, Stage.FETCH, Stage.VERIFY, Stage.COMPILE, Stage.WRITE]
    assert [stage for stage in dict.fromkeys(stages) if stage is not Stage.VERIFY] == [
        stage for stage in order if stage is not Stage.VERIFY
    ]
    stages.clear()
    build(
        "demo", **RUNTIME, output=out / "second.zip", bytecode=True, progress=lambda event: stages.append(event.stage)
    )
    assert Stage.COMPILE not in stages
    assert len(list(store.rglob("*.bytecode"))) == 2
    monkeypatch.setenv("LAMBDA_WHEELS_CACHE", str(out / "store"))
    build("demo", **RUNTIME, output=out / "third.zip", bytecode=find_interpreter(OWN).executable)
    assert len({(out / f"{name}.zip").read_bytes() for name in ("first", "second", "third")}) == 1


def test_damaged_bytecode(build: Build, out: Path, store: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What was damaged in the store is noticed, said, and compiled again, to the same layer."""
    build("demo", **RUNTIME, output=out / "first.zip", bytecode=True)
    for number, pack in enumerate(sorted(store.rglob("*.bytecode"))):
        content = pack.read_bytes()
        pack.write_bytes(content[:-9] if number else content[:-9] + bytes(9))
    build("demo", **RUNTIME, output=out / "second.zip", bytecode=True)
    assert caplog.text.count("is damaged") == 2
    assert (out / "first.zip").read_bytes() == (out / "second.zip").read_bytes()


def test_a_store_that_cannot_be_written(build: Build, out: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then bytecode is compiled for this run, and a warning says so."""
    build("demo", **RUNTIME, output=out / "first.zip")
    read_only(monkeypatch, store)
    layer = build("demo", **RUNTIME, output=out / "second.zip", bytecode=True)
    assert [warning.rule for warning in layer.warnings] == ["store-not-writable"]
    assert f"python/__pycache__/helper.{TAG}.pyc" in unzipped(out / "second.zip")
    assert list(store.rglob("*.bytecode")) == []


# --- What goes wrong -------------------------------------------------------------------------------------------------


def test_no_interpreter(build: Build, index: IndexServer, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an interpreter nothing is asked of the index, and nothing is written."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    monkeypatch.setattr(sys, "executable", "")
    with pytest.raises(lambda_wheels.LayerError, match="no-interpreter"):
        build("demo", output=out / "layer.zip", bytecode=True)
    for named in ("", out, out / "no-such-python", sys.prefix):
        with pytest.raises(lambda_wheels.LayerError, match="no-interpreter"):
            build("demo", output=out / "layer.zip", bytecode=named)
    assert index.count("/*") == 0
    assert list(out.iterdir()) == []


@pytest.fixture
def crashing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An interpreter that ends when it is to compile the second project, or waits where a file says so."""
    if sys.platform == "win32":
        pytest.skip("it is a shell script")
    real = find_interpreter(OWN)
    program = tmp_path / "crash.py"
    program.write_text(
        textwrap.dedent(f"""
            import builtins, os, sys, time
            real = builtins.compile
            def compile(source, *args, **options):
                if b"VALUE = __file__" in source:
                    if os.path.exists({str(tmp_path / "hang")!r}):
                        with open({str(tmp_path / "pid")!r}, "w") as file:
                            file.write(f"{{os.getpid()}}.")
                        time.sleep(60)
                    os._exit(9)
                return real(source, *args, **options)
            builtins.compile = compile
            at = sys.argv.index("-c")
            code = sys.argv[at + 1]
            sys.argv[:] = ["-c", *sys.argv[at + 2:]]
            exec(real(code, "<string>", "exec"), {{"__name__": "__main__"}})
        """),
        encoding="utf-8",
    )
    script = tmp_path / "crashing-python"
    script.write_text(f'#!/bin/sh\nexec "{real.executable}" -B "{program}" "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    interpreter = Interpreter(executable=str(script), version=real.version)
    monkeypatch.setattr("lambda_wheels.bytecode.find_interpreter", lambda *_, **__: interpreter)
    return script


def test_a_crash(build: Build, out: Path, store: Path, crashing: Path) -> None:
    """The file is named; if that is allowed, the layer is built without the bytecode of its project, and says so."""
    with pytest.raises(lambda_wheels.LayerError, match="bytecode-failed") as caught:
        build("demo", **RUNTIME, output=out / "layer.zip", bytecode=True)
    [problem] = caught.value.problems
    assert (problem.project, problem.member) == ("helper", "helper-1.0.data/purelib/helper.py")
    assert list(out.iterdir()) == []
    assert left_behind(out, store) == []
    layer = build("demo", **RUNTIME, output=out / "layer.zip", bytecode=True, allow=["bytecode-failed:helper"])
    assert [warning.rule for warning in layer.warnings] == ["bytecode-failed"]
    assert manifest(layer)["waived"] == ["bytecode-failed:helper"]
    assert [name for name in unzipped(out / "layer.zip") if name.endswith(".pyc")] == [
        f"python/demo/__pycache__/__init__.{TAG}.pyc"
    ]


def test_interrupted(index: IndexServer, out: Path, store: Path, crashing: Path) -> None:
    """Ctrl-C while an interpreter compiles ends the command as ever, and leaves no process and no file."""
    (crashing.parent / "hang").touch()
    options = ["--retries=0", "--index-url", index.url, "--architecture=arm64", "--runtime", RUNTIME["runtime"]]
    program = f"""
import sys
import lambda_wheels.bytecode
from lambda_wheels.bytecode import Interpreter
crashing = Interpreter(executable={str(crashing)!r}, version={FULL!r})
lambda_wheels.bytecode.find_interpreter = lambda *_, **__: crashing
from lambda_wheels.cli import main
sys.exit(main({["build", "demo", "--bytecode", *options, "-o", str(out / "layer.zip")]!r}))
"""
    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True) as process:
        compiler = _once_there(crashing.parent / "pid")
        process.send_signal(signal.SIGINT)
        _, words = process.communicate(timeout=30)
    assert (process.returncode, words) == (130, "interrupted\n")
    with pytest.raises(ProcessLookupError):
        os.kill(compiler, 0)
    assert list(out.iterdir()) == []
    assert left_behind(out, store) == []


def _once_there(path: Path) -> int:
    """The number in a file that is still to be written."""
    for _ in range(600):
        if path.exists() and (text := path.read_text(encoding="utf-8")).endswith("."):
            return int(text[:-1])
        time.sleep(0.05)
    pytest.fail("nothing was compiled")


# --- The command -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flags", [["--bytecode"], ["--bytecode-python", "OWN"]], ids=["found", "named"])
def test_the_command(flags: list[str], index: IndexServer, out: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Both flags add bytecode; ``-v`` says where it comes from."""
    own = find_interpreter(OWN).executable
    status, _, words = _command(index, out, [own if flag == "OWN" else flag for flag in flags] + ["-v"], capfd)
    assert status == 0
    assert f"note: bytecode comes from CPython {FULL}, {own}" in words
    assert f"python/__pycache__/helper.{TAG}.pyc" in unzipped(out / "layer.zip")


def test_the_command_with_a_wrong_path(index: IndexServer, out: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A path that is no interpreter is one line and exit code 1; no path at all is wrong usage."""
    status, _, words = _command(index, out, ["--bytecode-python", "/no/such/python"], capfd)
    assert status == 1
    assert words.startswith("error[no-interpreter] '/no/such/python' is not a file") and words.count("\n") == 1
    with pytest.raises(SystemExit) as caught:
        _command(index, out, ["--bytecode-python", ""], capfd)
    assert caught.value.code == 2


def test_the_command_in_json(index: IndexServer, out: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """With ``--json`` the problem is an object under the same name."""
    status, answer, _ = _command(index, out, ["--bytecode-python", "/no/such/python", "--json"], capfd)
    assert status == 1
    assert [problem["rule"] for problem in json.loads(answer)["problems"]] == ["no-interpreter"]


def _command(
    index: IndexServer, out: Path, flags: list[str], capfd: pytest.CaptureFixture[str]
) -> tuple[int, str, str]:
    """The exit code of a build by the command, and what it said."""
    from lambda_wheels.cli import main

    target = ["--runtime", RUNTIME["runtime"], "--architecture", "arm64", "--output", str(out / "layer.zip")]
    where = ["--index-url", index.url, f"--retries={IMPATIENT['retries']}"]
    status = main(["build", "demo", *target, *where, *flags])
    return status, *capfd.readouterr()
