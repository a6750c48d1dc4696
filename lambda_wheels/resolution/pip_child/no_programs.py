"""No program is started in pip's process, but by a keyring. (In pip's process.)

``--only-binary=:all:`` does not keep pip from building what a direct URL names, in a dependency's metadata as well.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import Any, Final

from .telling import emit, wrap

_PROGRAM_STARTS: Final = frozenset(
    """
    os.exec os.fork os.forkpty os.posix_spawn os.spawn os.startfile os.startfile/2 os.system pty.spawn
    subprocess.Popen _winapi.CreateProcess
    """.split()
)
"""The audit events of CPython that start a program (docs.python.org/3/library/audit_events.html)."""

_local = threading.local()
"""Of this thread: ``may_start`` while a keyring is asked."""


def start_no_program() -> None:
    """Refuse every start of a program in this process, but for the keyring's, from now on and for good."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _PROGRAM_STARTS or getattr(_local, "may_start", False):
            return
        # Never the arguments: they hold the whole environment. pip asks for rustc, uname and lsb_release in every run
        # and passes over an OSError, so this is no error by itself: the parent looks at it where the run failed.
        program = os.path.basename(str(arguments[0])) if arguments else event
        emit("program", name=program)
        raise PermissionError(f"{program} may not be started while wheels are resolved")

    from pip._internal.network import auth

    for provider in (auth.KeyRingPythonProvider, auth.KeyRingCliProvider):

        @wrap(provider, "get_auth_info")
        def get_auth_info(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            _local.may_start = True
            try:
                return original(*args, **kwargs)
            finally:
                _local.may_start = False

    sys.addaudithook(hook)
