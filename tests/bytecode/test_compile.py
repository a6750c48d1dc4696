"""From wheels in the store to their bytecode beside them, whatever the compilers do. (Starts interpreters.)"""

from __future__ import annotations

import importlib.util
import logging
import marshal
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType

import pytest

from lambda_wheels.bytecode import Bytecode, Interpreter, compile_wheels
from lambda_wheels.errors import LayerError, OutputError
from lambda_wheels.progress import ProgressEvent, Stage
from lambda_wheels.store import Store
from lambda_wheels.waivers import Waivers
from tests.bytecode.conftest import Add
from tests.bytecode.pythons import EVERY_VERSION, interpreter_of
from tests.bytecode.sources import RICH, SHARED

pytestmark = pytest.mark.process

TAG = sys.implementation.cache_tag
Wrapped = Callable[[str], Interpreter]


def contents(bytecode: Bytecode) -> dict[str, bytes]:
    """What was compiled, by path, of all wheels."""
    files: dict[str, bytes] = {}
    for pack in bytecode.packs.values():
        content = pack.path.read_bytes()
        files |= {member.name: content[member.offset : member.offset + member.size] for member in pack.members}
    return files


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    """Whatever happened, no thread of ours is left in the caller's process."""
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


@pytest.fixture
def wrapped(interpreter: Interpreter, tmp_path: Path) -> Wrapped:
    """The interpreter behind a script, which runs lines before it, or instead of it."""
    if sys.platform == "win32":
        pytest.skip("the commands of these tests are shell scripts")

    def make(lines: str) -> Interpreter:
        script = tmp_path / "wrapped-python"
        script.write_text(f'#!/bin/sh\n{lines}\nexec "{interpreter.executable}" "$@"\n', encoding="utf-8")
        script.chmod(0o755)
        return Interpreter(executable=str(script), version=interpreter.version)

    return make


@pytest.fixture
def spoiled(interpreter: Interpreter, tmp_path: Path) -> Wrapped:
    """The interpreter, which does something when it compiles a file whose source has the word ``SPOILED``."""
    if sys.platform == "win32":
        pytest.skip("the commands of these tests are shell scripts")

    def make(what: str) -> Interpreter:
        program = tmp_path / "spoiled.py"
        program.write_text(
            "import builtins, ctypes, os, sys, time\n"
            "real = builtins.compile\n"
            "def compile(source, *args, **options):\n"
            "    if b'SPOILED' in source:\n"
            f"        {what}\n"
            "    return real(source, *args, **options)\n"
            "builtins.compile = compile\n"
            "at = sys.argv.index('-c')\n"
            "code = sys.argv[at + 1]\n"
            "sys.argv[:] = ['-c', *sys.argv[at + 2:]]\n"
            "exec(real(code, '<string>', 'exec'), {'__name__': '__main__'})\n",
            encoding="utf-8",
        )
        script = tmp_path / "spoiled-python"
        script.write_text(f'#!/bin/sh\nexec "{interpreter.executable}" -B "{program}" "$@"\n', encoding="utf-8")
        script.chmod(0o755)
        return Interpreter(executable=str(script), version=interpreter.version)

    return make


# --- What is compiled ------------------------------------------------------------------------------------------------


@EVERY_VERSION
def test_a_file(wanted: tuple[int, int], store: Store, add: Add) -> None:
    """A ``.pyc`` is for that Python, unchecked, of the hash of its source, and says that it is in Lambda."""
    other = interpreter_of(wanted)
    [(path, content)] = contents(compile_wheels([add("demo", files={"demo/x.py": SHARED})], other, store)).items()
    assert path == "demo/__pycache__/x.cpython-{}{}.pyc".format(*wanted)
    assert content[4:8] == (1).to_bytes(4, "little")
    assert b"/opt/python/demo/x.py" in content
    if wanted == sys.version_info[:2]:
        assert content[:4] == importlib.util.MAGIC_NUMBER
        assert content[8:16] == importlib.util.source_hash(SHARED.encode())
        code = marshal.loads(content[16:])
        assert isinstance(code, CodeType)
        assert code.co_filename == "/opt/python/demo/x.py"
        assert code == compile(SHARED, "/opt/python/demo/x.py", "exec", dont_inherit=True, optimize=0)


def test_which_files(store: Store, add: Add, interpreter: Interpreter) -> None:
    """What lands below ``python/`` and ends in ``.py``; not scripts, headers, or what only looks alike."""
    too_long = f"demo/{'x' * 250}.py"  # for its bytecode
    wheel = add(
        "demo",
        files={
            too_long: "",
            "top.py": "",
            "demo/__init__.py": "",
            "demo/ü.py": "",
            "demo/a.b.py": "",
            "demo/data.txt": "x = 1",
        },
        data={
            "purelib/pure.py": "",
            "platlib/plat.py": "",
            "data/share/d.py": "",
            "scripts/s.py": "",
            "headers/h.py": "",
        },
    )
    names = [f"__pycache__/{name}.{TAG}.pyc" for name in ("plat", "pure", "top")]
    names += [f"demo/__pycache__/{name}.{TAG}.pyc" for name in ("__init__", "a.b", "ü")]
    assert sorted(contents(compile_wheels([wheel], interpreter, store))) == sorted(
        [*names, f"share/__pycache__/d.{TAG}.pyc"]
    )


LEFT_ALONE = {
    "template": b"def {{ name }}(): pass\n",
    "python 2": b"print 'hello'\n",
    "encoding": b"# coding: no-such-encoding\n",
    "not text": b"\xff\xfe\x00",
    "nul": b"x = 1\0\n",
    "deep": b"(" * 5_000 + b")" * 5_000,
    "deep sum": b"x = " + b"-" * 100_000 + b"1\n",
    "escape": b"x = '\\N{no such name}'\n",
    "return": b"return 1\n",
}


@EVERY_VERSION
def test_left_alone(
    wanted: tuple[int, int],
    store: Store,
    add: Add,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """What does not compile is left out, and nobody hears of it but who debugs; the rest has its bytecode."""
    files = {f"demo/x{number}.py": source for number, source in enumerate(LEFT_ALONE.values())}
    wheel = add("demo", files={**files, "demo/good.py": "x = '\\d' is 1\n"})
    other = interpreter_of(wanted)
    with caplog.at_level(logging.INFO):
        bytecode = compile_wheels([wheel], other, store)
    assert (caplog.text, bytecode.problems) == ("", ())
    assert list(contents(bytecode)) == ["demo/__pycache__/good.cpython-{}{}.pyc".format(*wanted)]
    assert capfd.readouterr() == ("", "")


def test_nothing_is_executed(store: Store, add: Add, interpreter: Interpreter, tmp_path: Path) -> None:
    """Compiling a module runs none of it."""
    source = f"open({str(tmp_path / 'was-run')!r}, 'w')\n"
    wheel = add("demo", files={"sitecustomize.py": source, "struct.py": source, "demo.pth": f"import os; {source}"})
    assert len(contents(compile_wheels([wheel], interpreter, store))) == 2
    assert not (tmp_path / "was-run").exists()


# --- The same bytes --------------------------------------------------------------------------------------------------


@EVERY_VERSION
def test_the_same_bytes(wanted: tuple[int, int], tmp_path: Path, add: Add, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the order of the files nor the number of processes makes a difference."""
    other = interpreter_of(wanted)
    sizes = {name: f"# {'x' * number}\n" for number, name in enumerate("abcdefgh")}
    files = {f"demo/{name}.py": f"{comment}{RICH if name in 'ad' else SHARED}" for name, comment in sizes.items()}
    files |= {"demo/names.py": "import foo\n" + "# long\n" * 1_000}
    wheel, alone = add("demo", files=files), add("alone", files={"demo/a.py": files["demo/a.py"]})
    monkeypatch.setattr("lambda_wheels.bytecode.compile._BYTES_A_PROCESS", 100)
    several = contents(compile_wheels([wheel], other, Store(tmp_path / "several")))
    monkeypatch.setattr("lambda_wheels.bytecode.compile._PROCESSES", 1)
    one = contents(compile_wheels([wheel], other, Store(tmp_path / "one")))
    assert several == one
    [(path, content)] = contents(compile_wheels([alone], other, Store(tmp_path / "alone"))).items()
    assert one[path] == content


# --- Once ------------------------------------------------------------------------------------------------------------


def test_once(store: Store, add: Add, interpreter: Interpreter) -> None:
    """A wheel is compiled once for each version of an interpreter; the next build finds it."""
    wheel = add("demo")
    first = compile_wheels([wheel], interpreter, store)
    nowhere = Interpreter(executable="/no/such/python", version=interpreter.version)
    assert compile_wheels([wheel], nowhere, store) == first
    with pytest.raises(LayerError, match="cannot be started"):
        compile_wheels([wheel], Interpreter(executable="/no/such/python", version="3.13.99"), store)


def test_nothing_to_compile(store: Store, add: Add) -> None:
    """A wheel without sources needs no compiler, and leaves nothing in the store."""
    wheel = add("demo", files={"demo/data.txt": "text"})
    nowhere = Interpreter(executable="/no/such/python", version="3.13.99")
    assert compile_wheels([wheel], nowhere, store).packs == {}


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: content[:-1] + bytes((content[-1] ^ 1,)), id="last-byte"),
        pytest.param(lambda content: content[: len(content) // 2], id="truncated"),
        pytest.param(lambda content: content + b"x", id="longer"),
        pytest.param(lambda content: b"", id="empty"),
        pytest.param(lambda content: content.replace(b"bytecode 1", b"bytecode 0"), id="format"),
    ],
)
def test_damaged(
    damage: Callable[[bytes], bytes], store: Store, add: Add, interpreter: Interpreter, caplog: pytest.LogCaptureFixture
) -> None:
    """Damaged bytecode is noticed, said, and compiled again."""
    wheel = add("demo")
    [pack] = compile_wheels([wheel], interpreter, store).packs.values()
    whole = pack.path.read_bytes()
    pack.path.write_bytes(damage(whole))
    assert compile_wheels([wheel], interpreter, store).packs == {wheel.wheel.filename: pack}
    assert pack.path.read_bytes() == whole
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert f"{pack.path} is damaged" in caplog.text


def test_of_another(store: Store, add: Add, interpreter: Interpreter, caplog: pytest.LogCaptureFixture) -> None:
    """The whole bytecode of another wheel is not taken for a wheel's own."""
    one, two = add("one"), add("two")
    packs = compile_wheels([one, two], interpreter, store).packs
    packs[one.wheel.filename].path.replace(packs[two.wheel.filename].path)
    assert list(contents(compile_wheels([two], interpreter, store))) == [f"two/__pycache__/__init__.{TAG}.pyc"]
    assert "is damaged" in caplog.text


def test_builds_side_by_side(store: Store, add: Add, wrapped: Wrapped, tmp_path: Path) -> None:
    """Of two builds that need the same, one compiles and the other waits for it."""
    wheel = add("demo")
    slow = wrapped(f"echo started >> {tmp_path}/log; /bin/sleep 0.3")
    threads = [threading.Thread(target=compile_wheels, args=([wheel], slow, store)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "log").read_text() == "started\n"


# --- What goes wrong -------------------------------------------------------------------------------------------------

CRASHES = [
    pytest.param("ctypes.string_at(0)", r"was ended by signal 11", id="crash"),
    pytest.param("os._exit(7)", r"ended with exit code 7", id="exit"),
    pytest.param("raise SystemError", r"ended with exit code 1", id="error"),
    pytest.param("sys.stdout.close(); os.close(1); os._exit(0)", r"ended with exit code 0", id="silent"),
    pytest.param("time.sleep(60)", r"did not answer in time", id="hang"),
    pytest.param(
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 26, 1 << 26)); raise MemoryError",
        r"ran out of memory",
        id="memory",
        marks=pytest.mark.skipif(sys.platform != "linux", reason="elsewhere memory cannot be limited"),
    ),
]


@pytest.mark.parametrize(("what", "how"), CRASHES)
def test_what_ends_the_compiler(what: str, how: str, store: Store, add: Add, spoiled: Wrapped) -> None:
    """A file that makes the interpreter crash or hang is named, in a bounded time."""
    wheel = add("demo", files={"demo/bad.py": "SPOILED = 1\n", "demo/good.py": ""})
    began = time.monotonic()
    bytecode = compile_wheels([wheel], spoiled(what), store, time_limit=2)
    assert time.monotonic() - began < 20
    [problem] = bytecode.problems
    assert (problem.rule, problem.project, problem.member) == ("bytecode-failed", "demo", "demo/bad.py")
    assert how in problem.message
    assert bytecode.packs == {}


@pytest.mark.parametrize(("what", "how"), CRASHES[::4])
def test_allowed(what: str, how: str, store: Store, add: Add, spoiled: Wrapped) -> None:
    """Under a waiver that project goes without bytecode, and the others have theirs."""
    wheels = [
        add("bad", files={"bad/a.py": "SPOILED = 1\n", "bad/b.py": "SPOILED = 2\n" * 9, "bad/c.py": ""}),
        add("good"),
        add("zebra", files={"zebra/a.py": "SPOILED = 1\n"}),
    ]
    waivers = Waivers.read(["bytecode-failed:bad", "bytecode-failed:zebra"])
    bytecode = compile_wheels(wheels, spoiled(what), store, waivers=waivers, time_limit=1)
    assert list(bytecode.packs) == [wheels[1].wheel.filename]
    assert [(problem.project, problem.member) for problem in bytecode.problems] == [
        ("bad", "bad/b.py"),
        ("zebra", "zebra/a.py"),
    ]
    assert how in bytecode.problems[0].message


@pytest.mark.parametrize(
    ("lines", "rule", "message"),
    [
        pytest.param("exit 3", "bytecode-failed", "does not run: it ended with exit code 3", id="exit"),
        pytest.param("exec /bin/sleep 60", "bytecode-failed", "did not answer in time", id="hang"),
        pytest.param(r"printf '\000\006\000\000\0003.99.0'", "bytecode-failed", "3.99.0", id="another-by-now"),
        pytest.param(r"printf '\003\003\000\000\000new'; exit", "bytecode-unknown", "knows it: new", id="unknown"),
    ],
)
def test_an_interpreter_that_is_no_use(
    lines: str, rule: str, message: str, store: Store, add: Add, wrapped: Wrapped
) -> None:
    """One that does not begin, or is not what it was, is an error, whatever is allowed."""
    with pytest.raises(LayerError, match=rule) as caught:
        compile_wheels(
            [add("demo")], wrapped(lines), store, waivers=Waivers.read(["bytecode-failed:demo"]), time_limit=1
        )
    assert message in str(caught.value)


def test_a_wheel_that_has_gone(store: Store, add: Add, interpreter: Interpreter) -> None:
    """A wheel that is cleared away meanwhile, or is no longer what it was, is an error in one line."""
    wheel = add("demo", files={"demo/x.py": "x = 1\n" * 100})
    content = bytearray(wheel.path.read_bytes())
    content[wheel.wheel.members[0].offset + 2] ^= 0xFF
    wheel.path.write_bytes(content)
    with pytest.raises(OutputError, match="wheel-changed"):
        compile_wheels([wheel], interpreter, store)
    store.clear()
    with pytest.raises(OutputError, match="wheel-changed"):
        compile_wheels([wheel], interpreter, store)


# --- Told, and stopped -----------------------------------------------------------------------------------------------


def test_progress(store: Store, add: Add, interpreter: Interpreter) -> None:
    """What is told goes up to the number of files, in the thread that called; of what is stored nothing is told."""
    wheels = [add("one"), add("two", files={"two/a.py": "", "two/b.py": "print 1"})]
    events: list[ProgressEvent] = []
    compile_wheels(wheels, interpreter, store, progress=events.append)
    assert {event.stage for event in events} == {Stage.COMPILE}
    assert {event.total for event in events} == {3}
    assert [event.done for event in events] == sorted(event.done for event in events)
    assert events[-1].done == 3
    events.clear()
    compile_wheels(wheels, interpreter, store, progress=events.append)
    assert events == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError("the caller's own")])
def test_stopped(error: BaseException, store: Store, add: Add, spoiled: Wrapped, tmp_path: Path) -> None:
    """Ctrl-C, or what the callback raises, ends it at once; no process, thread or file is left behind."""
    wheel = add("demo", files={"demo/bad.py": "SPOILED = 1\n"})
    hanging = spoiled(f"print(os.getpid(), file=open({str(tmp_path / 'pid')!r}, 'w'), flush=True); time.sleep(60)")

    def stop(event: ProgressEvent) -> None:
        if (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().endswith("\n"):
            raise error

    began = time.monotonic()
    with pytest.raises(type(error)) as caught:
        compile_wheels([wheel], hanging, store, progress=stop)
    assert caught.value is error
    assert time.monotonic() - began < 20
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    assert list(store.folder.glob("v1/scratch/*/")) == []
    assert list(store.folder.rglob("*.bytecode")) == []
