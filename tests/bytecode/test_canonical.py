"""The one form of code objects: equal for equal code, and the same code. (Starts other interpreters.)"""

from __future__ import annotations

import contextlib
import marshal
import random
import subprocess
import sys
import textwrap
from pathlib import Path
from types import CodeType

import pytest

import lambda_wheels.bytecode
from lambda_wheels.bytecode.child.canonical import UnknownBytecodeError, canonical
from lambda_wheels.bytecode.child.main import facts_of
from lambda_wheels.bytecode.processes import ALONE
from tests.bytecode.pythons import EVERY_VERSION, interpreter_of
from tests.bytecode.sources import RICH, SHARED
from tests.conftest import Tried

FOLDER = Path(lambda_wheels.bytecode.__file__).parent
OWN = sys.version_info[:2]


def code_of(source: str) -> CodeType:
    """The code of ``source``."""
    return compile(source, "/opt/python/x.py", "exec", dont_inherit=True, optimize=0)


def run(wanted: tuple[int, int], program: str, *arguments: str) -> str:
    """What ``program`` prints in another interpreter, which finds the package ``child``."""
    start = f"import sys; sys.path.insert(0, {str(FOLDER)!r})\n"
    answer = subprocess.run(
        [interpreter_of(wanted).executable, *ALONE, "-c", start + textwrap.dedent(program), *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    return answer.stdout


@pytest.mark.process
@EVERY_VERSION
def test_the_same_code(wanted: tuple[int, int]) -> None:
    """What is loaded has every field of what was compiled, in each Python; written again it has the same bytes."""
    program = """
        import marshal
        from child.canonical import canonical
        from child.main import facts_of, prove
        version = sys.version_info[:2]
        prove()
        for source in sys.argv[1:]:
            code = compile(source, "/opt/python/x.py", "exec")
            plain = marshal.dumps(code)
            content = canonical(plain, version)
            loaded = marshal.loads(content)
            assert facts_of(loaded) == facts_of(code)
            assert canonical(marshal.dumps(loaded), version) == canonical(content, version) == content
            assert len(content) <= len(plain), (len(content), len(plain))
        print("fine")
    """
    assert run(wanted, program, RICH, SHARED) == "fine\n"


@pytest.mark.process
@EVERY_VERSION
def test_whatever_came_before(wanted: tuple[int, int]) -> None:
    """The bytes are the same in a fresh process, after imports, after other files, and with what they share alive."""
    program = """
        import marshal
        from child.canonical import canonical
        how, *sources = sys.argv[1:]
        if how == "imports":
            import argparse, decimal, email.message, unittest
        if how == "names":
            alive = [sys.intern(name) for name in ("foo", "text with spaces", "no name", "name" * 100)]
        def content(source):
            return canonical(marshal.dumps(compile(source, "/opt/python/x.py", "exec")), sys.version_info[:2])
        order = reversed(sources) if how == "reversed" else sources
        made = {source: content(source) for source in order}
        if how == "again":
            made = {source: content(source) for source in order}
        print([made[source] for source in sources])
    """
    ways = ("alone", "imports", "names", "reversed", "again", "alone")
    assert len({run(wanted, program, way, SHARED, RICH, "import foo") for way in ways}) == 1


def test_not_given_by_python() -> None:
    """Python's own bytes do depend on what else there is, or all of this would be in vain."""
    plain = marshal.dumps(code_of(RICH))
    again = marshal.dumps(marshal.loads(plain))
    assert again != plain
    assert canonical(again, OWN) == canonical(plain, OWN)


def test_types_are_kept_apart() -> None:
    """Values that are equal, but not the same, stay what they are."""
    loaded = marshal.loads(canonical(marshal.dumps(code_of("x = (1, 1.0, True, 0.0, -0.0, b'a', 'a', 1, 1.0)")), OWN))
    namespace: dict[str, object] = {}
    exec(loaded, namespace)
    assert repr(namespace["x"]) == "(1, 1.0, True, 0.0, -0.0, b'a', 'a', 1, 1.0)"


def test_one_object_stays_one() -> None:
    """What occurs twice is one object when it is loaded, as with Python's own bytes."""
    loaded = marshal.loads(canonical(marshal.dumps(code_of(SHARED)), OWN))
    function = next(constant for constant in loaded.co_consts if isinstance(constant, CodeType))
    assert function.co_filename is loaded.co_filename


def test_slices() -> None:
    """A slice, which 3.14 has as a constant, is written once and then referred to, as a tuple is."""
    one, two, none = b"i\1\0\0\0", b"i\2\0\0\0", b"N"
    inside = one + two + none
    stream = b")\3" + b":" + inside + b"\xba" + inside + b"r\0\0\0\0"
    assert canonical(stream, (3, 14)) == b")\3" + b"\xba" + inside + 2 * b"r\0\0\0\0"


def test_refused() -> None:
    """A version, a kind or a layout that is not known is an error, and so is what is cut off or goes on."""
    plain = marshal.dumps(code_of("x = 1"))
    for version in ((3, 8), (3, 16), (4, 0)):
        with pytest.raises(UnknownBytecodeError, match="none of Python"):
            canonical(plain, version)
    with pytest.raises(UnknownBytecodeError):
        canonical(plain, (3, 10) if OWN >= (3, 11) else (3, 11))
    with pytest.raises(UnknownBytecodeError, match="where it should"):
        canonical(plain + b"N", OWN)
    for content in ([1], {1: 2}, {1}):
        with pytest.raises(UnknownBytecodeError, match="of the kind"):
            canonical(marshal.dumps(content), OWN)


@pytest.mark.hostile("Fuzz")
@pytest.mark.parametrize("seed", range(5))
def test_damaged(seed: int, tried: Tried) -> None:
    """Whatever bytes it is given, it ends with bytes or with its own error."""
    plain = marshal.dumps(code_of(RICH))
    chance = random.Random(seed)
    for _ in range(100):
        damaged = bytearray(plain[: chance.randrange(1, len(plain))] if chance.random() < 0.5 else plain)
        for _ in range(chance.randrange(3)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        with contextlib.suppress(UnknownBytecodeError, RecursionError):
            canonical(bytes(damaged), OWN)
    tried(100)


def test_facts_are_complete() -> None:
    """The facts that are compared hold what comparing code objects leaves out."""
    one, two = code_of("def f(): pass"), code_of("def f(): pass")
    assert facts_of(one) == facts_of(two)
    assert facts_of(one) != facts_of(one.replace(co_filename="other"))
    assert facts_of(one) != facts_of(one.replace(co_stacksize=99))
