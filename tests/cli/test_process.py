"""The command as a process: streams, terminals, Ctrl-C. (Starts processes and pip; opens loopback sockets.)"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lambda_wheels.cli import main
from tests.index_server import Fault, IndexServer
from tests.loopback import command, left_behind
from tests.wheel_factory import make_wheel

pytestmark = [pytest.mark.pip, pytest.mark.process]

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="a matter of POSIX")

HANGUP: int = getattr(signal, "SIGHUP", signal.SIGTERM)  # which Windows does not have

Arguments = Callable[..., list[str]]


@pytest.fixture
def build_command(index: IndexServer, served: Path, out: Path) -> Arguments:
    """How a build of ``demo``, of which ``index`` has a wheel, is started."""
    make_wheel(served, "demo")

    def arguments(*more: str, output: str = "layer.zip") -> list[str]:
        options = ["--runtime=python3.13", "--architecture=arm64", f"--index-url={index.url}", f"-o={out / output}"]
        return command("build", "demo", *options, *more)

    return arguments


def run(arguments: list[str], **settings: object) -> subprocess.CompletedProcess[str]:
    """Run it to its end, what it says captured."""
    environment = {**os.environ, **{name: str(value) for name, value in settings.items()}}
    return subprocess.run(arguments, capture_output=True, text=True, encoding="utf-8", env=environment)


def test_module_and_command() -> None:
    """``python -m lambda_wheels`` and ``lambda-wheels`` are the same."""
    module = run(command("--version"))
    assert (module.returncode, module.stderr) == (0, "")
    script = Path(sys.executable).with_name("lambda-wheels.exe" if sys.platform == "win32" else "lambda-wheels")
    if script.is_file():
        assert run([str(script), "--version"]).stdout == module.stdout
    assert run(command("--help")).stdout.startswith("usage: lambda-wheels ")


def test_streams(build_command: Arguments, out: Path) -> None:
    """Without a terminal there are no bars and no colours: the result on stdout, nothing on stderr."""
    ended = run(build_command(), FORCE_COLOR=1)
    assert ended.returncode == 0
    assert re.fullmatch(r"[^\x1b\n]+layer\.zip: 1 project, [^\x1b\n]+\n", ended.stdout)
    assert ended.stderr == ""
    assert [path.name for path in out.iterdir()] == ["layer.zip"]


def test_terminals_of_few_letters(build_command: Arguments, out: Path) -> None:
    """A name that the terminal's encoding lacks letters for is shown with escapes; the build is done all the same."""
    ended = run(build_command(output="Größe.zip"), PYTHONIOENCODING="ascii")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Gr\\xf6\\xdfe.zip: 1 project" in ended.stdout
    assert (out / "Größe.zip").is_file()


@POSIX
@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["late", "early"])
@pytest.mark.parametrize("end", [["--json"], ["--json", "--allow=x"]], ids=["result", "problems"])
def test_broken_pipe(end: list[str], unbuffered: str, build_command: Arguments) -> None:
    """Where the reader of stdout has gone (``| head``), that is not complained about, whenever it shows."""
    read, write = os.pipe()
    os.close(read)
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    try:
        ended = subprocess.run(build_command(*end), stdout=write, stderr=subprocess.PIPE, text=True, env=environment)
    finally:
        os.close(write)
    assert ended.returncode == 130
    # What went wrong is said all the same.
    assert [line.partition(" ")[0] for line in ended.stderr.splitlines()] == ["error[bad-waiver]"] * (len(end) - 1)


@POSIX
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_full_stdout(build_command: Arguments, out: Path) -> None:
    """Where the result cannot be printed, that is one line and exit code 3; the layer is there."""
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(build_command("--json"), stdout=full, stderr=subprocess.PIPE, text=True)
    assert ended.returncode == 3
    assert re.fullmatch(r"error: the result cannot be printed: [^\n]+\n", ended.stderr)
    assert (out / "layer.zip").is_file()


@POSIX
def test_working_directory_that_is_gone(build_command: Arguments, out: Path, tmp_path: Path) -> None:
    """A working directory that does not exist any more is of no account where all paths are absolute."""
    gone = tmp_path / "gone"
    gone.mkdir()
    leaving = 'cd "$0" && rmdir "$0" && exec "$@"'
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    shell = ["/bin/sh", "-c", leaving, str(gone), *build_command()]
    ended = subprocess.run(shell, capture_output=True, text=True, env=environment)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert (out / "layer.zip").is_file()


@POSIX
def test_few_open_files(build_command: Arguments) -> None:
    """Where too few files may be open, the hint is about that, and not about the disk."""
    ended = subprocess.run(["/bin/sh", "-c", 'ulimit -n 7 && exec "$@"', "sh", *build_command()], capture_output=True)
    assert ended.returncode == 3
    assert b"Too many open files" in ended.stderr
    assert b"ulimit -n" in ended.stderr
    assert b"disk full" not in ended.stderr


@POSIX
def test_closed_streams(build_command: Arguments, out: Path) -> None:
    """A caller may have closed stdout and stderr."""
    ended = subprocess.run(["/bin/sh", "-c", 'exec "$@" >&- 2>&-', "sh", *build_command()])
    assert ended.returncode == 0
    assert (out / "layer.zip").is_file()


WORDS = {
    "problem": (["--allow=x"], 2),
    "log": (["-v"], 0),
    "usage": (["--colour"], 2),
    "help": (["--help"], 0),
}
"""Arguments with which something is said, and the exit code."""


@POSIX
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("gone", ["full", "pipe", "closed"])
@pytest.mark.parametrize(("more", "code"), WORDS.values(), ids=WORDS)
def test_lost_words(more: list[str], code: int, gone: str, build_command: Arguments) -> None:
    """What stderr does not take is lost, and changes nothing about the exit code."""
    stderr = {"full": "2>/dev/full", "pipe": "2>&0", "closed": "2>&-"}[gone]
    read, write = os.pipe()
    os.close(read)
    try:
        shell = ["/bin/sh", "-c", f'exec "$@" {stderr}', "sh", *build_command(*more)]
        ended = subprocess.run(shell, stdin=write, stdout=subprocess.PIPE, text=True)
    finally:
        os.close(write)
    assert ended.returncode == code
    assert "Traceback" not in ended.stdout


@POSIX
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["runtimes"], ["cache", "dir"]], ids=" ".join)
def test_broken_pipe_without_a_build(arguments: list[str]) -> None:
    """``--help | true`` is not complained about either."""
    read, write = os.pipe()
    os.close(read)
    late = os.environ | {"PYTHONUNBUFFERED": ""}  # argparse itself passes over what shows early
    try:
        ended = subprocess.run(command(*arguments), stdout=write, stderr=subprocess.PIPE, text=True, env=late)
    finally:
        os.close(write)
    assert (ended.returncode, ended.stderr) == (130, "")


def on_a_terminal(arguments: list[str]) -> tuple[int, str, str]:
    """Exit code, stdout, and what a terminal at stderr was sent."""
    if sys.platform == "win32":
        pytest.skip("no pseudo-terminals")
    import pty

    ours, theirs = pty.openpty()
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=theirs, text=True, env={**os.environ, "TERM": "xterm"}
    ) as process:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # how Linux says that the other side was closed
            while piece := os.read(ours, 1 << 16):
                shown += piece
        os.close(ours)
        said, _ = process.communicate()
    return process.returncode, said, shown.decode()


def test_bars_on_a_terminal(build_command: Arguments) -> None:
    """On a terminal the stages are shown, on stderr, and are gone in the end; stdout has the result alone."""
    code, said, shown = on_a_terminal(build_command())
    assert code == 0
    assert said.count("\n") == 1
    assert "\x1b[" in shown
    for stage in ("resolving", "fetching", "proving", "writing"):
        assert stage in shown
    assert shown.rstrip().endswith(("\x1b[2K", "\x1b[?25h"))


@pytest.mark.parametrize("flag", ["-q", "--json"])
def test_no_bars(flag: str, build_command: Arguments) -> None:
    """Whoever wants quiet or JSON gets no bars on a terminal either."""
    code, said, shown = on_a_terminal(build_command(flag))
    assert (code, shown) == (0, "")
    if flag == "--json":
        assert json.loads(said)["sha256"]


def test_error_on_a_terminal(build_command: Arguments, index: IndexServer) -> None:
    """An error on a terminal is a line of its own, after the bars are gone."""
    index.fail("/simple/*", Fault.status(404))
    code, said, shown = on_a_terminal(build_command())
    assert (code, said) == (1, "")
    last = shown.replace("\r", "").rstrip("\n").rpartition("\n")[2]
    assert re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", last).startswith("error[no-such-project]")


# --- Ctrl-C, SIGTERM and SIGHUP ---------------------------------------------------------------------------------------


ENDED_BY = pytest.mark.parametrize(
    ("name", "code", "word"),
    [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "terminated"), ("SIGHUP", 129, "hung up")],
    ids=["SIGINT", "SIGTERM", "SIGHUP"],
)
"""The signals that end the command, with its exit code and its last word."""


@pytest.fixture
def heard(name: str) -> None:
    """Only where the signal ``name`` is not ignored already, as SIGHUP is for what nohup has started."""
    if signal.getsignal(getattr(signal, name)) is signal.SIG_IGN:
        pytest.skip(f"{name} is ignored here, as under nohup")


@pytest.mark.hostile("Pulled plugs")
@POSIX
@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("whom", ["process", "group"])
@pytest.mark.parametrize("silent", ["/simple/*", "/files/*.whl"], ids=["resolving", "fetching"])
@ENDED_BY
def test_stopped(
    name: str,
    code: int,
    word: str,
    whom: str,
    silent: str,
    build_command: Arguments,
    index: IndexServer,
    out: Path,
    store: Path,
) -> None:
    """Ctrl-C, SIGTERM or SIGHUP while the index is silent ends all at once: an exit code, one line, nothing left.

    A terminal sends it to the whole group of processes, ``kill`` or a supervisor to the one alone.
    """
    index.fail(silent, Fault.silence())
    process = subprocess.Popen(
        build_command(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 30
    while not index.matching(silent):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    started = time.monotonic()
    (_signal_group if whom == "group" else os.kill)(process.pid, getattr(signal, name))
    said, errors = process.communicate(timeout=30)
    assert time.monotonic() - started < 5
    assert (process.returncode, said, errors) == (code, "", f"{word}\n")
    assert list(out.iterdir()) == []
    assert left_behind(out, store) == []
    with pytest.raises(ProcessLookupError):  # its children had been in its group
        _signal_group(process.pid, 0)


WHILE_IMPORTING = """
import importlib.abc, os, signal, sys
class Signal(importlib.abc.MetaPathFinder):
    def find_spec(self, name, *_):
        if name == sys.argv[1]:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), getattr(signal, sys.argv[2]))
from lambda_wheels.cli import main
assert sys.argv[1] not in sys.modules
sys.meta_path.insert(0, Signal())
sys.exit(main(sys.argv[3:]))
"""


@POSIX
@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize(
    "module", [f"lambda_wheels.{name}" for name in ("errors", "cli.words", "cli.parser", "cli.build")]
)
@ENDED_BY
def test_stopped_while_importing(module: str, name: str, code: int, word: str, build_command: Arguments) -> None:
    """Ctrl-C, SIGTERM or SIGHUP while the command's parts are still imported ends it in the same way."""
    ended = run([sys.executable, "-c", WHILE_IMPORTING, module, name, *build_command()[3:]])
    assert (ended.returncode, ended.stdout, ended.stderr) == (code, "", f"{word}\n")


@POSIX
def test_nohup(build_command: Arguments, index: IndexServer, out: Path) -> None:
    """A build that was started to outlive its terminal does so."""
    index.fail("/simple/*", Fault.drip(pause=0.002))
    ignoring = ["/bin/sh", "-c", 'trap "" HUP; exec "$@"', "sh", *build_command()]
    process = subprocess.Popen(ignoring, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not index.matching("/simple/*"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, HANGUP)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert [path.name for path in out.iterdir()] == ["layer.zip"]


@pytest.mark.parametrize("number", [signal.SIGTERM, HANGUP], ids=["SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("theirs", [signal.SIG_DFL, signal.SIG_IGN], ids=["none", "ignored"])
def test_handler_is_put_back(theirs: signal.Handlers, number: int, capsys: pytest.CaptureFixture[str]) -> None:
    """After the command, SIGTERM and SIGHUP do what they did before."""
    before = signal.signal(number, theirs)
    try:
        assert main(["runtimes"]) == 0
        assert signal.getsignal(number) is theirs
    finally:
        signal.signal(number, before)


def test_in_another_thread(capsys: pytest.CaptureFixture[str]) -> None:
    """Where no signal can be handled, the command runs all the same."""
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(main(["runtimes"])))
    thread.start()
    thread.join()
    assert codes == [0]


def _signal_group(group: int, number: int) -> None:
    if sys.platform == "win32":
        raise NotImplementedError
    os.killpg(group, number)
