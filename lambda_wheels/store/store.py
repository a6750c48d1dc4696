"""The store: proven wheels, shared by processes, or kept for one run where it cannot be written. (Disk.)"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lambda_wheels.errors import OutputError
from lambda_wheels.problems import Problem, Severity
from lambda_wheels.store.atomic import second_name
from lambda_wheels.store.layout import Layout, pack_of
from lambda_wheels.store.locks import exclusive
from lambda_wheels.store.packs import Pack, find_pack
from lambda_wheels.store.place import Place, StoredWheel
from lambda_wheels.wheels import Wheel

if TYPE_CHECKING:
    from lambda_wheels.store.care import StoreInfo

logger = logging.getLogger(__name__)

LOCKS: Final = 64
"""How many wheels are locked at once at the most, each lock being an open file (macOS gives a process 256)."""


def default_folder() -> Path:
    """``LAMBDA_WHEELS_CACHE``, else the user's cache folder of the operating system.

    It is absolute, unless the system does not know from where: :func:`open_store` then goes round it.
    """
    named = os.environ.get("LAMBDA_WHEELS_CACHE")
    if named:
        folder = Path(named)
        with contextlib.suppress(RuntimeError):  # no home is known
            folder = folder.expanduser()  # where CI sets a variable, no shell does that
        if str(folder).startswith("~"):
            return folder
        with contextlib.suppress(OSError):  # the working directory does not exist any more
            folder = folder.absolute()
        return folder
    import platformdirs  # here since builds in CI name a folder

    # Without an author: on Windows the folder would be named twice.
    return platformdirs.user_cache_path("lambda-wheels", appauthor=False)


@contextlib.contextmanager
def lock_output(output: Path) -> Iterator[bool]:
    """Hold the lock for writing ``output``, a real path, between threads and, if it yields True, between processes.

    Its file is in the default store, as it must not be left in what we write nor beside it; builds with different
    stores do not see each other's.
    """
    name = hashlib.sha256(os.fsencode(os.path.normcase(output))).hexdigest()
    with exclusive(Layout(default_folder()).lock(name), required=False) as held:
        yield held


@contextlib.contextmanager
def open_store(folder: Path | None = None, *, own_copies: bool = False) -> Iterator[Store]:
    """The store for one build: where its folder cannot be written, new wheels go to a temporary folder.

    That is seen by the first ``scratch()`` or ``add()`` and then a warning in ``store.problems``; what the folder holds
    is still found.

    :param folder: None is :func:`default_folder`.
    :param own_copies: give every wheel a second name, or a copy, that is this build's alone: whoever clears the store
        meanwhile does not take it away. It costs some time, so that a build asks for it only after that has happened.
    :raises OutputError: no temporary folder can be made either.
    """
    with contextlib.ExitStack() as run:
        store = Store(default_folder() if folder is None else folder, run=run)
        if own_copies:
            store.keep_own_copies(run)
        yield store


class Store:
    """The wheels below ``folder``, with their bytecode. Several threads and any number of processes may use it at once.

    :param run: where temporary folders may be left until the run ends; without it a store that cannot be written is an
        error (:func:`open_store` gives it).
    """

    def __init__(self, folder: Path, *, run: contextlib.ExitStack | None = None) -> None:
        self.folder = folder
        self._layout = Layout(folder)
        self._place = Place(self._layout)
        self._run = run
        self._temporary: Place | None = None
        self._own: Place | None = None
        self._guard = threading.Lock()
        self._problems: list[Problem] = []
        if run is not None and not folder.is_absolute():  # a home not known would become a folder named "~" here
            self._go_round(NotADirectoryError(f"not an absolute path: {folder}"))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Warnings about the store itself, for ``Layer.warnings``."""
        return tuple(self._problems)

    @property
    def wheel_template(self) -> str:
        """Where a wheel would be, as a format string of ``sha256`` and ``filename``; what is there is not proven."""
        return self._layout.wheel_template

    def keep_own_copies(self, run: contextlib.ExitStack) -> None:
        """From now on, until ``run`` ends, what is found or added stays readable though others clear the store.

        :raises OutputError: there is no room for it.
        """
        self._own = Place(Layout(run.enter_context(self.scratch())))

    def find(self, filename: str, sha256: str) -> StoredWheel | None:
        """The wheel, if it is here. The whole file is hashed each time: size and date are no proof.

        A damaged file is removed, with a warning in the log, as if it had never been there.

        :raises ValueError: ``filename`` is not a plain wheel file name, or ``sha256`` is not one.
        :raises WheelError: the file is whole, but this version does not accept the wheel any more; it is removed.
        """
        for place in (self._own, self._temporary):
            if place is not None and (found := place.find(filename, sha256)) is not None:
                return found
        found = self._place.find(filename, sha256)
        return self._own_copy(found) if found is not None and self._own is not None else found

    def add(self, path: Path, wheel: Wheel) -> StoredWheel:
        """Move the proven file at ``path`` in, with what is known about it.

        Others may add the same at the same moment. Before the last rename nobody sees anything of it.

        :raises OutputError: it cannot be written; nothing of it is in the store.
        """
        place = self._temporary or self._place
        try:
            own = self._own_copy(StoredWheel(wheel, path)) if self._own is not None else None
            try:
                stored = place.add(path, wheel)
            except OSError as error:
                if place is self._temporary or self._run is None or not path.exists():
                    raise
                stored = self._go_round(error).add(path, wheel)
            return own or stored
        except OSError as error:
            raise _failed("cannot be added to the store", error, wheel) from error

    def find_bytecode(self, stored: StoredWheel, version: str) -> Pack | None:
        """The bytecode of a wheel that CPython ``version``, ``3.13.0``, has compiled, if it is here, hashed again.

        A damaged file is removed, with a warning in the log, as if it had never been there.

        :raises ValueError: ``version`` is not a full one.
        """
        filename, sha256 = stored.wheel.filename, stored.wheel.sha256
        # What is in the common place may be cleared away; for a build that has copies of its own it is compiled again.
        common = None if self._own else self._place
        places = [
            place.layout.wheel(filename, sha256) for place in (self._own, self._temporary, common) if place is not None
        ]
        packs = (find_pack(pack_of(place, version), sha256=sha256, version=version) for place in places)
        return next((pack for pack in packs if pack is not None), None)

    def add_bytecode(self, stored: StoredWheel, version: str, files: Mapping[str, bytes]) -> Pack:
        """Keep the bytecode of a wheel: ``files`` by their paths below ``python/``, compiled by CPython ``version``.

        :raises OutputError: it cannot be written; nothing of it is in the store.
        """
        place = self._own or self._temporary or self._place
        try:
            try:
                return place.add_bytecode(stored.wheel, version, files)
            except OSError as error:
                if place is not self._place or self._run is None:
                    raise
                return self._go_round(error).add_bytecode(stored.wheel, version, files)
        except OSError as error:
            raise _failed("its bytecode cannot be added to the store", error, stored.wheel) from error

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """A fresh folder on the store's file system, gone afterwards; what killed processes left is swept on the way.

        :raises OutputError: it cannot be made, or wheels could not be added.
        """
        with contextlib.ExitStack() as stack:
            place = self._temporary or self._place
            try:
                try:
                    folder = stack.enter_context(place.scratch())
                except OSError as error:
                    if place is self._temporary or self._run is None:
                        raise
                    folder = stack.enter_context(self._go_round(error).scratch())
            except OSError as error:
                raise _failed("no scratch folder can be made in the store", error) from error
            yield folder

    @contextlib.contextmanager
    def lock(self, *digests: str, given_up: Callable[[], bool] = lambda: False) -> Iterator[None]:
        """Hold the locks for work on the wheels with these sha256, between processes and threads; who dies lets go.

        It saves double work, no more: where files cannot be locked, only the threads of this process are kept apart,
        and of many wheels only the first :data:`LOCKS` are locked. A thread cannot take the same lock twice.

        :param given_up: asked from time to time while waiting; once it says True, no lock is waited for any longer.
        :raises ValueError: one is no sha256.
        """
        with contextlib.ExitStack() as locks:
            # Always in one order: two builds that wait for each other's wheels would wait for ever.
            for sha256 in sorted(set(digests))[:LOCKS]:
                locks.enter_context(exclusive(self._layout.lock(sha256), required=False, given_up=given_up))
            yield

    def info(self) -> StoreInfo:
        """How much the folder holds.

        :raises OutputError: it cannot be read.
        """
        from lambda_wheels.store import care  # here, as below: a build does not look after the store

        with _reporting("cannot be read"):
            return care.info(self._layout)

    def verify(self) -> Iterator[Problem]:
        """Hash and read every wheel again; yields what is found, and removes what is damaged. Safe beside builds.

        :raises OutputError: the folder cannot be read or written.
        """
        from lambda_wheels.store import care

        findings = care.verify(self._layout)
        while True:
            with _reporting("cannot be verified"):
                finding = next(findings, None)
            if finding is None:
                return
            yield finding

    def clear(self) -> StoreInfo:
        """Remove every wheel; returns how many, and their bytes. A build that needs one meanwhile fetches it again.

        :raises OutputError: the folder cannot be read.
        """
        from lambda_wheels.store import care

        with _reporting("cannot be cleared"):
            return care.clear(self._layout)

    def _own_copy(self, stored: StoredWheel) -> StoredWheel | None:
        """The same wheel in a place that is this build's alone; None where it has gone.

        :raises OutputError: there is no room for it.
        """
        assert self._own is not None
        wheel, path = stored
        try:
            with self._own.scratch() as scratch:
                copy = scratch / wheel.filename
                if not second_name(path, copy):
                    return None
                return self._own.add(copy, wheel)
        except OSError as error:
            raise _failed("a copy for this build alone cannot be made", error, wheel) from error

    def _go_round(self, error: OSError) -> Place:
        """The temporary folder of this run, made when it is first needed because of ``error``."""
        assert self._run is not None
        with self._guard:
            if self._temporary is None:
                problem = Problem(
                    rule="store-not-writable",
                    severity=Severity.WARNING,
                    message=f"the store cannot be written, so new wheels are kept for this run only: {error}",
                    hint="let LAMBDA_WHEELS_CACHE name a folder that can be written",
                )
                logger.info("%s", problem)
                self._temporary = _temporary_place(self._run)
                self._problems.append(problem)
            return self._temporary


def _temporary_place(run: contextlib.ExitStack) -> Place:
    with _reporting("cannot be written, nor can a temporary folder be made"):
        import shutil  # here since they are hardly ever needed
        import tempfile

        # Not TemporaryDirectory: where it may not remove something, it tries to until the stack overflows.
        folder = tempfile.mkdtemp(prefix="lambda-wheels-")
        run.callback(shutil.rmtree, folder, ignore_errors=True)
        return Place(Layout(Path(folder)))


@contextlib.contextmanager
def _reporting(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _failed(f"the store {what}", error) from error


def _failed(message: str, error: OSError, wheel: Wheel | None = None) -> OutputError:
    return OutputError(
        Problem(
            rule="store-failed",
            message=f"{message}: {error}",
            project=wheel.name if wheel else None,
            wheel=wheel.filename if wheel else None,
            hint="let LAMBDA_WHEELS_CACHE name a folder that can be written and has room",
        )
    )
