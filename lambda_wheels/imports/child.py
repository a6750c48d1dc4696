"""Imports one module, inside an interpreter of the target's Python, and says how it went. (Executes what it imports.)

Nothing else of the standard library is imported than what every Python has imported by then: the layer may have a
module in place of another, and Lambda would take that.
"""

from __future__ import annotations

import errno
import os
import site
import sys
from _signal import alarm  # type: ignore[import-not-found]  # no file that a layer could replace

_LONGEST = 300
"""Characters of a message that are told, from its first line and from its last."""

_REFUSED = {
    "os.chmod": ((0, 2, True),),
    "os.chown": ((0, 3, True),),
    "os.link": ((0, 2, True), (1, 3, False)),
    "os.mkdir": ((0, 2, False),),
    "os.remove": ((0, 1, True),),
    "os.rename": ((0, 2, True), (1, 3, True), (1, 3, False)),
    "os.rmdir": ((0, 1, True),),
    "os.symlink": ((1, 2, False),),
    "os.truncate": ((0, None, True),),
    "os.utime": ((0, 3, True),),
}
"""Audit events of what changes a file or folder: which argument is its path, which the open folder that this counts
from, and whether it has to be there before. (Else it fails by itself, and not for being in a layer.)"""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def main() -> None:
    """Import the module that the last argument names, and leave what happened in a file."""
    tree, folders, seconds, answer, name = sys.argv[1], sys.argv[2:-3], sys.argv[-3], sys.argv[-2], sys.argv[-1]
    del sys.argv[1:]
    alarm(int(seconds))  # should nobody be there any more who ends what takes too long
    said = _imported(tree, folders, name)
    with open(answer, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(said)
    os._exit(0)  # what the module has started, or does at the end, is not asked for


def _imported(tree: str, folders: list[str], name: str) -> str:
    """Nothing where ``name`` can be imported; else why not, in one line."""
    try:
        _keep(tree)
        if name not in sys.builtin_module_names:
            sys.modules.pop(name, None)  # that of the standard library, in whose place the layer has one
        # What Lambda does with them when a function starts: .pth files are processed once all are on the path.
        sys.path[:0] = folders
        for folder in folders:
            site.addsitedir(folder)
        __import__(name)
    except SystemExit as error:
        return f"it ends Python: SystemExit: {error.code}"[:_LONGEST]
    except BaseException as error:  # noqa: BLE001  # extension modules in Rust raise such, too
        return _told(error)
    return ""


def _told(error: BaseException) -> str:
    """What the last line of a traceback says; of a message of several lines the first and the last."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else "%s.%s" % (kind.__module__, kind.__qualname__)
    try:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    except Exception:  # noqa: BLE001  # a stranger's
        lines = ["its message cannot be read"]
    shown = [line[:_LONGEST] for line in lines[:1] + lines[1:][-1:]]
    return ": ".join([name, " … ".join(shown)]) if shown else name


def _keep(tree: str) -> None:
    """Let Python code change nothing in ``tree``: in Lambda it is /opt, which is read-only."""
    inside = os.path.realpath(tree) + os.sep

    def refuse(event: str, arguments: tuple) -> None:  # type: ignore[type-arg]
        if event == "open":
            flags = arguments[2]
            if isinstance(flags, int) and flags & _WRITING and _is_inside(inside, arguments[0]):
                raise OSError(errno.EROFS, os.strerror(errno.EROFS), arguments[0])
        for index, folder, there in _REFUSED.get(event, ()):
            path = arguments[index]
            counts_from = -1 if folder is None else arguments[folder]
            if _is_inside(inside, path, counts_from) and os.path.lexists(_absolute(path, counts_from)) == there:
                raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)

    sys.addaudithook(refuse)


def _is_inside(inside: str, path: object, folder: int = -1) -> bool:
    """Whether ``path`` leads to what begins with ``inside``, or is a link there."""
    if not isinstance(path, (str, bytes, os.PathLike)):
        return False  # something that is open already
    parent, name = os.path.split(_absolute(path, folder))
    real = os.path.join(os.path.realpath(parent), name)
    return any((place + os.sep).startswith(inside) for place in (real, os.path.realpath(real)))


def _absolute(path: str | bytes | os.PathLike[str], folder: int) -> str:
    path = os.fsdecode(path)
    if os.path.isabs(path):
        return path
    return os.path.join(os.getcwd() if folder < 0 else os.readlink(f"/proc/self/fd/{folder}"), path)


if __name__ == "__main__":
    main()
