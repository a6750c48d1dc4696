"""Files that a wheel may have, but that change more than the wheel's own imports: warnings. (Pure.)"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from lambda_wheels.wheels.findings import Findings

STANDARD_LIBRARY: Final = frozenset(
    """
    abc argparse array ast asyncio atexit base64 bdb binascii bisect builtins bz2 cProfile calendar cmath cmd code
    codecs codeop collections colorsys compileall concurrent configparser contextlib contextvars copy copyreg csv
    ctypes curses dataclasses datetime dbm decimal difflib dis doctest email encodings ensurepip enum errno
    faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc genericpath getopt getpass gettext
    glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib importlib inspect io ipaddress itertools
    json keyword linecache locale logging lzma mailbox marshal math mimetypes mmap modulefinder multiprocessing
    netrc ntpath numbers opcode operator optparse os pathlib pdb pickle pickletools pkgutil platform plistlib poplib
    posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re
    readline reprlib resource rlcompleter runpy sched secrets select selectors shelve shlex shutil signal site
    smtplib socket socketserver sqlite3 ssl stat statistics string stringprep struct subprocess symtable sys
    sysconfig syslog tabnanny tarfile tempfile termios textwrap this threading time timeit tkinter token tokenize
    trace traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uuid venv warnings
    wave weakref webbrowser wsgiref xml xmlrpc zipapp zipfile zipimport zlib zoneinfo
    """.split()
)
"""Modules that every runtime's standard library has, so that the answer depends on neither host nor target.

What ``sys.stdlib_module_names`` of CPython 3.10 to 3.13 have in common, without private names, those of other systems
than Linux, and those deprecated since.
"""

_EXTENSIONS: Final = (".py", ".pyc", ".so")
_CUSTOMIZATION: Final = frozenset({"sitecustomize", "usercustomize"})


def check_surprises(landed: Iterable[tuple[str, str]], findings: Findings) -> None:
    """Warn of files by where they land: ``landed`` has the name of each member, and its path among the modules."""
    for name, path in landed:
        if "/" not in path and path.endswith(".pth"):
            findings.warn("pth-file", "Python executes lines of it whenever it starts", member=name)
        module = _top_level_module(path)
        if module in _CUSTOMIZATION:
            findings.warn("site-customization", "Python imports it whenever it starts", member=name)
        elif module in STANDARD_LIBRARY:
            findings.warn(
                "shadows-stdlib", f"in a layer it takes the place of the standard library's {module}", member=name
            )


def _top_level_module(path: str) -> str | None:
    """The module that a file at the top, or a package's ``__init__``, makes importable."""
    folder, _, file = path.rpartition("/")
    if "/" in folder or not file.endswith(_EXTENSIONS):
        return None
    stem = file.partition(".")[0]
    if not folder:
        return stem
    return folder if stem == "__init__" else None
