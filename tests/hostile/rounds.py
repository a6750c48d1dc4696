"""A process that has imported all of us forks one for each round, so that a round takes milliseconds. (A program.)

Each line on its stdin is a round, as JSON, and is answered by one on its stdout. What is forked leads a group of its
own, and works until a signal kills it: at a moment that the round names, counted in changes that it makes outside of
itself, or after some seconds; or whenever somebody does who has read its number in the file beside its words.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import select
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any, Final

assert sys.platform != "win32"

CHANGES: Final = frozenset(
    "os.rename os.remove os.rmdir os.mkdir os.chmod os.link os.truncate subprocess.Popen http.client.send".split()
)
"""Audit events after which something is another outside; opening for writing is one as well."""

_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def main() -> None:
    """Do rounds until there are no more."""
    _import_all()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_round(json.loads(line))) + "\n")
        sys.stdout.flush()


def _import_all() -> None:
    import lambda_wheels

    inside_others = ("pip_child", "bytecode.child", "imports.child", "__main__")
    for module in pkgutil.walk_packages(lambda_wheels.__path__, "lambda_wheels."):
        if not any(part in module.name for part in inside_others):
            importlib.import_module(module.name)


def _round(wanted: dict[str, Any]) -> dict[str, Any]:
    """One process, which works and ends, or is killed; how it ended, how long it took, and how much it changed."""
    if wanted["arguments"][0] == "publish":
        import tests.hostile.publishing  # noqa: F401  # with boto3, which takes long
    read, write = os.pipe()
    started = time.monotonic()
    child = os.fork()
    if not child:
        os.setsid()
        _work(wanted, write)
    os.close(write)
    if wanted.get("seconds") is not None:
        select.select([read], [], [], wanted["seconds"])  # a pause, unless it has ended before
        _kill(child, wanted["group"])
    _, status = os.waitpid(child, 0)
    seconds = time.monotonic() - started
    changes = os.read(read, 100)
    os.close(read)
    return {
        "code": os.waitstatus_to_exitcode(status),
        "seconds": seconds,
        "changes": int(changes) if changes else None,
    }


def _kill(process: int, group: bool) -> None:
    if group:
        try:
            os.killpg(process, signal.SIGKILL)
        except ProcessLookupError:  # it does not lead one yet
            group = False
    if not group:
        os.kill(process, signal.SIGKILL)


def _work(wanted: dict[str, Any], write: int) -> None:
    code = 70
    try:
        with Path(wanted["words"]).open("wb") as words:
            os.dup2(words.fileno(), 1)
            os.dup2(words.fileno(), 2)
        Path(wanted["words"]).with_suffix(".process").write_text(str(os.getpid()), encoding="ascii")
        os.environ |= wanted["environment"]
        os.chdir(wanted["environment"]["TMPDIR"])
        changes = _count(wanted.get("change"), wanted["group"])
        code = _job(wanted["arguments"])
        sys.stdout.flush()
        os.write(write, str(changes()).encode())
    except BaseException:  # noqa: BLE001  # said, and told by the code
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _job(arguments: list[str]) -> int:
    if arguments[0] == "publish":
        from tests.hostile.publishing import publish

        return publish(*arguments[1:])
    from lambda_wheels.cli import main

    return main(arguments)


def _count(fatal: int | None, group: bool) -> Any:
    """Count the changes of this process, and let the one with the number ``fatal`` kill it just before."""
    number = 0
    lock = threading.Lock()

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal number
        if event not in CHANGES and not (event == "open" and (arguments[2] or 0) & _WRITES):
            return
        with lock:
            number += 1
            if number == fatal:
                _kill(os.getpid(), group)

    sys.addaudithook(hear)
    return lambda: number


if __name__ == "__main__":
    main()
