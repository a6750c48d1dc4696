"""Modules are really imported, each alone, and what goes wrong is said. (Starts processes.)"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from lambda_wheels import ProgressEvent, Stage
from lambda_wheels.bytecode.processes import ALONE
from lambda_wheels.errors import ImportsNotTriedError
from lambda_wheels.imports import import_layer
from lambda_wheels.imports.importing import CHILD
from lambda_wheels.waivers import Waivers
from tests.imports.layers import ON_LINUX, OWN, SITE, make_layer
from tests.layers.trees import modes, tree

pytestmark = [pytest.mark.process, ON_LINUX, pytest.mark.usefixtures("_scratch")]


def failures(folder: Path, files: dict[str, str], *, time_limit: float = 30.0) -> dict[str, str]:
    """What cannot be imported of a layer with these files: the messages by the files; nothing in it changes."""
    layer = make_layer(folder, files)
    before = tree(layer), modes(layer)
    problems = import_layer(layer, OWN, time_limit=time_limit)
    assert (tree(layer), modes(layer)) == before
    assert {problem.rule for problem in problems} <= {"import-failed"}
    return {str(problem.member): problem.message for problem in problems}


def failure(folder: Path, source: str, *, time_limit: float = 30.0) -> str | None:
    """Why a module with this source cannot be imported."""
    return failures(folder, {"demo.py": source}, time_limit=time_limit).get("python/demo.py")


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("", id="nothing"),
        pytest.param("import json, other", id="imports"),
        pytest.param("print('x' * 100_000_000)", id="prints-100-MB"),
        pytest.param("import sys\nsys.stderr.write('x' * 100_000_000)", id="prints-100-MB-to-stderr"),
        pytest.param("import os\nos.write(1, b'not said')\nos.close(1); os.close(2)", id="closes-its-output"),
        pytest.param("import os\nos.closerange(3, 256)", id="closes-what-is-open"),
        pytest.param("import os\nos.chdir('/')", id="leaves-its-folder"),
        pytest.param("import warnings\nwarnings.warn('old', DeprecationWarning)", id="warns"),
        pytest.param("import threading, time\nthreading.Thread(target=time.sleep, args=[60]).start()", id="thread"),
        pytest.param("import atexit, os\natexit.register(os.abort)", id="crashes-at-the-end"),
        pytest.param("import os\nopen('file', 'w'); os.mkdir('folder')", id="writes-where-it-is"),
        pytest.param("from pathlib import Path\nPath.home().joinpath('.demo').write_text('')", id="writes-to-home"),
        pytest.param("import tempfile\ntempfile.mkdtemp(); tempfile.mkstemp()", id="writes-temporary-files"),
        pytest.param("try: open(__file__ + 'c', 'w')\nexcept OSError: pass", id="can-do-without-writing"),
        pytest.param("import os\nos.makedirs(os.path.dirname(__file__), exist_ok=True)", id="folder-there-already"),
        pytest.param("open(__file__).read()", id="reads-itself"),
        pytest.param(
            "import os, pathlib\nos.rmdir(os.getcwd())\npathlib.Path(__file__ + '.x').unlink(missing_ok=True)",
            id="removes-what-is-not-there",
        ),
    ],
)
def test_imported(source: str, tmp_path: Path) -> None:
    """A module may print, warn, start threads and write outside the layer; nothing of that is left."""
    began = time.monotonic()
    assert failures(tmp_path, {"demo.py": source, "other.py": ""}) == {}
    assert time.monotonic() - began < 25


@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param("import nowhere", "ModuleNotFoundError: No module named 'nowhere'", id="missing-module"),
        pytest.param("import packaging", "ModuleNotFoundError: No module named 'packaging'", id="module-of-the-host"),
        pytest.param("from json import nothing", "ImportError: cannot import name 'nothing' from 'json'", id="name"),
        pytest.param("1/0", "ZeroDivisionError: division by zero", id="error"),
        pytest.param("def", "SyntaxError: invalid syntax (demo.py, line 1)", id="syntax"),
        pytest.param("assert False", "AssertionError", id="without-words"),
        pytest.param("class Own(Exception): pass\nraise Own('mine')", "demo.Own: mine", id="own-error"),
        pytest.param("class Own(BaseException): pass\nraise Own('panic')", "demo.Own: panic", id="no-exception"),
        pytest.param("raise KeyboardInterrupt", "KeyboardInterrupt", id="interrupts"),
        pytest.param(
            "raise ImportError('''\n\nREAD THIS\n\nmuch\n\nlibx.so.1: no such file\n''')",
            "ImportError: READ THIS … libx.so.1: no such file",
            id="many-lines",
        ),
        pytest.param("raise ValueError('x' * 1_000_000)", f"ValueError: {'x' * 300}", id="long"),
        pytest.param("raise ValueError('\\ud800')", "ValueError: \\ud800", id="surrogate"),
        pytest.param(
            "class Own(Exception):\n  def __str__(self): raise ValueError\nraise Own",
            "demo.Own: its message cannot be read",
            id="unreadable",
        ),
        pytest.param("raise SystemExit", "it ends Python: SystemExit: None", id="exits"),
        pytest.param("raise SystemExit('bye')", "it ends Python: SystemExit: bye", id="exits-with-words"),
        pytest.param("import os\nos._exit(0)", "ended with exit code 0", id="exits-at-once"),
        pytest.param("import os\nos._exit(7)", "ended with exit code 7", id="exits-with-a-code"),
        pytest.param("import os\nos.abort()", "ended by signal SIGABRT", id="aborts"),
        pytest.param("import os\nos.kill(os.getpid(), 11)", "ended by signal SIGSEGV", id="crashes"),
        pytest.param("import os\nos.kill(os.getpid(), 40)", "ended by signal 40", id="signal-without-a-name"),
        pytest.param(
            "import ctypes\nctypes.CDLL('libx.so.1')",
            "OSError: libx.so.1: cannot open shared object file: No such file or directory",
            id="library",
        ),
    ],
)
def test_not_imported(source: str, message: str, tmp_path: Path) -> None:
    """What a module raises is told as the last line of a traceback has it; what ends Python, by how it ended."""
    found = failure(tmp_path, source)
    assert found is not None
    assert found.startswith(message) if message.startswith("ImportError: cannot") else found == message


@pytest.mark.parametrize("source", ["while True: pass", "import time\ntime.sleep(60)", "input()\nwhile True: pass"])
def test_hangs(source: str, tmp_path: Path) -> None:
    """A module that does not end is ended, and so said; the others are imported all the same."""
    files = {"demo.py": source, "other.py": "", "wrong.py": "1/0"}
    began = time.monotonic()
    found = failures(tmp_path, files, time_limit=2.0)
    assert time.monotonic() - began < 20
    assert found.pop("python/demo.py") in {"did not end within 2 s", "EOFError: EOF when reading a line"}
    assert found == {"python/wrong.py": "ZeroDivisionError: division by zero"}


@pytest.mark.parametrize("source", ["while True: pass", "import time\ntime.sleep(60)"], ids=["works", "waits"])
def test_nobody_to_end_it(source: str, tmp_path: Path) -> None:
    """A module that hangs ends by itself where we were killed, its time being over."""
    layer = make_layer(tmp_path, {"demo.py": source})
    arguments = [str(layer), str(layer / "python"), "1", str(tmp_path / "answer"), "demo"]
    ended = subprocess.run([sys.executable, *ALONE, str(CHILD), *arguments], timeout=30, check=False)
    assert ended.returncode == -14  # SIGALRM


@pytest.mark.parametrize("then", ["", "while True: pass", "os.abort()"], ids=["imported", "hangs", "crashes"])
def test_what_it_starts(then: str, tmp_path: Path) -> None:
    """A process that a module has started ends with it, however that ends."""
    said = tmp_path / "started"
    started = "process = subprocess.Popen(['/bin/sleep', '60'])"
    failure(
        tmp_path,
        f"import os, subprocess\n{started}\nopen({str(said)!r}, 'w').write(str(process.pid))\n{then}\n",
        time_limit=2.0,
    )
    state = Path(f"/proc/{said.read_text(encoding='utf-8')}/stat")
    for _ in range(100):
        if not state.exists() or state.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.05)
    pytest.fail("it is still there")


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("open(own + '.cache', 'w')", id="new-file"),
        pytest.param("open(own, 'a')", id="append"),
        pytest.param("open(own, 'r+b')", id="in-place"),
        pytest.param("os.open(own.encode(), os.O_RDWR)", id="bytes"),
        pytest.param("pathlib.Path(own).write_text('')", id="pathlib"),
        pytest.param("os.chdir(os.path.dirname(own)); open('x', 'w')", id="relative"),
        pytest.param("os.symlink(os.path.dirname(own), 'there'); open('there/x', 'w')", id="by-a-link"),
        pytest.param("os.mkdir(own + '.d')", id="folder"),
        pytest.param("os.makedirs(os.path.join(os.path.dirname(own), 'a/b'), exist_ok=True)", id="folders"),
        pytest.param("os.remove(own)", id="remove"),
        pytest.param("shutil.rmtree(os.path.dirname(own))", id="remove-all"),
        pytest.param("os.rename(own, 'elsewhere')", id="rename"),
        pytest.param("open('x', 'w'); os.replace('x', own)", id="replace"),
        pytest.param("open('x', 'w'); os.rename('x', own + '.x')", id="move-in"),
        pytest.param("os.link(own, 'x')", id="hard-link"),
        pytest.param("open('x', 'w'); os.link('x', own + '.x')", id="hard-link-in"),
        pytest.param("os.mkdir('x', dir_fd=os.open(os.path.dirname(own), os.O_RDONLY))", id="open-folder"),
        pytest.param("shutil.copy(own, own + '.copy')", id="copy"),
        pytest.param("os.chmod(own, 0o600)", id="mode"),
        pytest.param("os.utime(own)", id="date"),
        pytest.param("os.symlink('/', own + '.link')", id="link"),
        pytest.param("os.truncate(own, 0)", id="truncate"),
    ],
)
def test_layer_is_read_only(source: str, tmp_path: Path) -> None:
    """What would change the layer fails as it does in Lambda, and the layer stays as it is."""
    message = failure(tmp_path, f"import os, pathlib, shutil\nown = __file__\n{source}")
    assert message is not None
    assert message.startswith("OSError: [Errno 30] Read-only file system")


def test_nothing_of_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module sees no variable of the caller, no file in its folders, and nothing on its stdin."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    names = "HOME LANG LD_LIBRARY_PATH PATH TMPDIR"
    folders = "os.getcwd(), os.environ['HOME'], os.environ['TMPDIR']"
    source = (
        f"import os, sys\nassert sorted(os.environ) == {names.split()}, sorted(os.environ)\n"
        f"assert not any(map(os.listdir, [{folders}]))\nassert len({{{folders}}}) == 3\n"
        "assert sys.stdin.read() == ''\nassert sys.argv[1:] == []\n"
        "assert os.environ['LD_LIBRARY_PATH'] == os.path.join(os.path.dirname(os.path.dirname(__file__)), 'lib')\n"
    )
    assert failure(tmp_path, source) is None


def test_path_in_order(tmp_path: Path) -> None:
    """The path is Lambda's: site-packages, ``python/``, the standard library; ``.pth`` files add to its end."""
    there = "import os, sys\nplaces = [place.partition('/a layer/')[2] for place in sys.path]\n"
    files = {
        f"{SITE}/first.py": f"{there}assert places[:2] == [{SITE!r}, 'python'], places\n",
        "second.py": f"{there}assert places[-1] == 'python/more', places\nimport first, third\n",
        "more.pth": "more\n",
        "python/more/third.py": "",
        "python/more/unused.txt": "",
    }
    found = failures(tmp_path, files)
    assert found == {}


def test_in_place_of_the_standard_library(tmp_path: Path) -> None:
    """A module of the layer that has a name of the standard library's is the one that is tried."""
    names = ["colorsys", "encodings"]  # the second one has been imported by then
    found = failures(tmp_path, {f"{name}.py": "1/0" for name in names})
    assert found == {f"python/{name}.py": "ZeroDivisionError: division by zero" for name in names}


def test_extension_that_is_none(tmp_path: Path) -> None:
    """An extension module that does not load is told with its place in Lambda."""
    assert failures(tmp_path, {"demo.abi3.so": "x" * 100}) == {
        "python/demo.abi3.so": "ImportError: /opt/python/demo.abi3.so: invalid ELF header"
    }


def test_pth_that_ends_python(tmp_path: Path) -> None:
    """A ``.pth`` file that ends Python lets no module be imported, as in Lambda."""
    found = failures(tmp_path, {"demo.py": "", "demo.pth": "import os; os._exit(3)\n"})
    assert found == {"python/demo.py": "ended with exit code 3"}


def test_project(tmp_path: Path) -> None:
    """A problem names the project whose RECORD lists the module, and can be waived for it."""
    layer = make_layer(
        tmp_path,
        {
            "demo.py": "1/0",
            f"{SITE}/other.py": "1/0",
            "orphan.py": "1/0",
            "python/Some_Project-1.0.dist-info/RECORD": "demo.py,,\nbroken\n",
            f"{SITE}/other-1.0.dist-info/RECORD": "./other.py,,\n",
            "python/orphan-1.0.dist-info/RECORD": "orphan.py,,\x00\n\udcff".encode("utf-8", "replace").decode(),
        },
    )
    problems = import_layer(layer, OWN)
    assert [(problem.project, problem.member) for problem in problems] == [
        ("some-project", "python/demo.py"),
        ("orphan", "python/orphan.py"),
        ("other", f"{SITE}/other.py"),
    ]
    assert str(problems[0]) == "error[import-failed] some-project: python/demo.py: ZeroDivisionError: division by zero"
    verdict = Waivers.read(["import-failed:some-project"]).judge(problems)
    assert len(verdict.errors) == 2


def test_progress(tmp_path: Path) -> None:
    """Each module is a step, whether it can be imported or not."""
    layer = make_layer(tmp_path, {"one.py": "", "two.py": "1/0", "three.py": ""})
    events: list[ProgressEvent] = []
    import_layer(layer, OWN, progress=events.append)
    assert [(event.stage, event.done, event.total) for event in events] == [
        (Stage.IMPORT, done, 3) for done in (1, 2, 3)
    ]
    assert sorted(event.what for event in events) == ["one", "three", "two"]


def test_interruption(tmp_path: Path) -> None:
    """What the callback raises reaches the caller, and the processes that run are ended."""
    layer = make_layer(tmp_path, {"a.py": "", **{f"hang{number}.py": "while True: pass" for number in range(20)}})

    def interrupt(event: ProgressEvent) -> None:
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        import_layer(layer, OWN, progress=interrupt)
    assert time.monotonic() - began < 20


def test_nothing_to_import(tmp_path: Path) -> None:
    """A layer without a module has none that cannot be imported."""
    assert import_layer(make_layer(tmp_path, {"data.json": ""}), OWN) == ()


def test_no_layer(tmp_path: Path) -> None:
    """A folder that cannot be read is not taken for an empty one."""
    with pytest.raises(ImportsNotTriedError, match=r"imports-not-tried.*nowhere: No such file or directory"):
        import_layer(tmp_path / "nowhere", OWN)
