"""Files to compile, shared by compilers that run side by side. (Starts compilers; reads the disk.)"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from lambda_wheels.bytecode.child.main import COMPILED, LEFT_ALONE, NO_MEMORY, READY, UNKNOWN
from lambda_wheels.bytecode.interpreters import NAME_ANOTHER, Interpreter
from lambda_wheels.bytecode.paths import in_lambda
from lambda_wheels.bytecode.processes import Compiler, CompilerEndedError
from lambda_wheels.errors import LayerError
from lambda_wheels.problems import Problem
from lambda_wheels.store import StoredWheel
from lambda_wheels.store.changed import changed
from lambda_wheels.waivers import Waivers
from lambda_wheels.wheels import Member
from lambda_wheels.wheels.content import content_of

_log = logging.getLogger(__name__)

RULE: Final = "bytecode-failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class _File:
    """One file to compile."""

    of: _Wheel
    path: str
    """Below ``python/``."""
    member: Member


@dataclass(kw_only=True, slots=True, eq=False)
class _Wheel:
    """How far one wheel is."""

    stored: StoredWheel
    size: int
    """Bytes of its sources."""
    open: int
    """How many files are still to come."""
    compiled: dict[str, bytes] = field(default_factory=dict)
    failed: bool = False
    """Whether one of its files ended a compiler; the others are then not compiled, either."""


class Work:
    """The files of some wheels. Any number of threads may take part in it."""

    def __init__(
        self,
        wheels: Sequence[tuple[StoredWheel, Mapping[str, Member]]],
        interpreter: Interpreter,
        waivers: Waivers,
    ) -> None:
        """Have ``wheels``, each with its sources by their paths below ``python/``, compiled by ``interpreter``."""
        self._interpreter = interpreter
        self._waivers = waivers
        self._guard = threading.Lock()
        self._compilers: set[Compiler] = set()
        self._stopped = False
        self._complete: list[_Wheel] = []
        self._problems: list[Problem] = []
        files = []
        for stored, sources in wheels:
            size = sum(member.size for member in sources.values())
            wheel = _Wheel(stored=stored, size=size, open=len(sources))
            files += [_File(of=wheel, path=path, member=member) for path, member in sources.items()]
        # The largest first, so that no compiler begins one when all the others are done; but wheel by wheel, so that
        # not the bytecode of all of them is in memory at once.
        self._files = deque(sorted(files, key=lambda file: (-file.of.size, -file.member.size, file.path)))
        self.size: Final = sum(file.member.size for file in files)
        """Bytes of all sources."""
        self.total: Final = len(files)
        self.done = 0
        """How many files are behind us."""
        self.what = ""
        """The path of the last."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The files that ended a compiler: one of a wheel whose project may fail, or the one that ended the work."""
        return tuple(sorted(self._problems, key=lambda problem: problem.wheel or ""))

    def complete(self) -> list[tuple[StoredWheel, Mapping[str, bytes]]]:
        """The wheels that were completed since it was asked last, with their bytecode by the paths of the sources."""
        with self._guard:
            complete, self._complete = self._complete, []
        return [(wheel.stored, wheel.compiled) for wheel in complete]

    def end_what_is_late(self, time_limit: float) -> None:
        """End the compilers that should have answered for more than so many seconds."""
        with self._guard:
            for compiler in self._compilers:
                compiler.end_if_late(time_limit)

    def stop(self) -> None:
        """End everything."""
        with self._guard:
            self._stopped = True
            for compiler in self._compilers:
                compiler.end()

    def take_part(self) -> None:
        """Compile files until there are no more. What does not run without a file to blame is an error.

        :raises LayerError: the interpreter's bytecode is not known, or it does not run.
        :raises OutputError: a wheel has gone from the store.
        """
        while self._files and not self._stopped:
            compiler = self._start()
            try:
                self._compile_with(compiler)
            finally:
                with self._guard:
                    self._compilers.discard(compiler)
                compiler.close()

    def _start(self) -> Compiler:
        try:
            with self._guard:
                compiler = Compiler(self._interpreter.executable)
                self._compilers.add(compiler)
                if self._stopped:
                    compiler.end()
        except OSError as error:
            raise self._unusable(f"cannot be started: {error}") from error
        return compiler

    def _compile_with(self, compiler: Compiler) -> None:
        """Compile files until there are no more, or the compiler ends."""
        try:
            kind, content = compiler.greeting()
        except CompilerEndedError as ended:
            if not self._stopped:
                raise self._unusable(f"does not run: it {ended}") from ended
            return
        if kind == UNKNOWN:
            raise self._unknown(content)
        if (kind, content) != (READY, self._interpreter.version.encode()):
            raise self._unusable(f"says that it is {content!r}")
        while not self._stopped:
            try:
                file = self._files.popleft()
            except IndexError:
                return
            if file.of.failed:
                self._tick(file)
                continue
            source = _read(file)
            try:
                kind, content = compiler.ask(in_lambda(file.path), source)
            except CompilerEndedError as ended:
                if not self._stopped:
                    self._fail(file, str(ended))
                return
            if kind == UNKNOWN:
                raise self._unknown(content, file)
            if kind == NO_MEMORY:
                self._fail(file, "ran out of memory")
                continue
            if kind == LEFT_ALONE:
                _log.debug("not compiled: %s: %s: %s", file.of.stored.wheel.filename, file.path, content.decode())
            assert kind in (COMPILED, LEFT_ALONE)
            self._tick(file, content if kind == COMPILED else None)

    def _tick(self, file: _File, content: bytes | None = None) -> None:
        """One file is behind us."""
        with self._guard:
            self.done += 1
            self.what = file.path
            wheel = file.of
            wheel.open -= 1
            if content is not None:
                wheel.compiled[file.path] = content
            if wheel.failed:
                wheel.compiled.clear()
            elif not wheel.open:
                self._complete.append(wheel)

    def _fail(self, file: _File, how: str) -> None:
        """A file ended its compiler. Unless its project may, that ends the work: the next may take as long to hang."""
        wheel = file.of.stored.wheel
        problem = Problem(
            rule=RULE,
            project=wheel.name,
            wheel=wheel.filename,
            member=file.member.name,
            message=f"{self._interpreter} {how} while it compiled this file",
            hint=f"name another interpreter ({NAME_ANOTHER}), or allow {RULE}:{wheel.name}, which leaves out the "
            "bytecode of that project",
        )
        with self._guard:
            if not file.of.failed:  # else two at once
                self._problems.append(problem)
            file.of.failed = True
        self._tick(file)
        if not self._waivers.allows(RULE, wheel.name):
            self.stop()

    def _unusable(self, how: str) -> LayerError:
        return LayerError(
            Problem(
                rule=RULE,
                message=f"{self._interpreter} ({self._interpreter.executable}) {how}",
                hint=f"name another interpreter ({NAME_ANOTHER})",
            )
        )

    def _unknown(self, reason: bytes, file: _File | None = None) -> LayerError:
        wheel = file.of.stored.wheel if file else None
        return LayerError(
            Problem(
                rule="bytecode-unknown",
                project=wheel.name if wheel else None,
                wheel=wheel.filename if wheel else None,
                member=file.member.name if file else None,
                message=f"the bytecode of {self._interpreter} is not as lambda-wheels knows it: {reason.decode()}",
                hint="use a newer lambda-wheels, or build without bytecode",
            )
        )


def _read(file: _File) -> bytes:
    """The source.

    :raises OutputError: the wheel has gone, or has changed since it was hashed.
    """
    wheel = file.of.stored.path
    try:
        return content_of(wheel, file.member)
    except OSError as error:
        raise changed(wheel, error.strerror or str(error)) from error
    except ValueError as error:
        raise changed(wheel, str(error)) from error
