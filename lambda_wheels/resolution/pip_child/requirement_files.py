"""What requirement files may bring in: no value of the environment, no other file's content. (In pip's process.)

Whoever wrote a requirement file may choose the index as well: each name in a file that it includes would be asked for
there. And one line may be read by pip that a reader takes for a comment.
"""

from __future__ import annotations

import os
import re
import stat
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from .telling import public, refuse, wrap

_NAMES: Final = re.compile(r"req|constraint|\.(txt|in|pip)$", re.IGNORECASE)
"""How a file of requirements is known that another includes: a token, a key or a file of settings has another name."""
_FOLDERS: Final = re.compile(r"reqs?|requirements?|constraints?", re.IGNORECASE)
"""The same of the folder that it is in, where its own name is a plain word: ``requirements/base``."""
_LARGEST: Final = 10_000_000
"""Bytes of one that is included."""
_MOST: Final = 500
"""How many may be read in all: each that includes the next one twice doubles the work."""
_HIDING: Final = re.compile("[\0-\x08\x0b-\x1f\x7f\x85\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What breaks a line, or turns it round, where an editor shows something else."""
_LONGEST: Final = 4000
"""Characters of a requirement: Python reads no number with more digits."""


def read_files_warily(arguments: Sequence[str]) -> None:
    """Refuse what a requirement file would send away, hide, or never end with; ``arguments`` are pip's."""
    from pip._internal.exceptions import InstallationError
    from pip._internal.req import req_file
    from pip._internal.utils.urls import url_to_path

    named = set(_named(arguments))
    """The files that the user named, in whichever order, not those that they include."""
    count = 0

    @wrap(req_file.RequirementsFileParser, "parse")
    def parse(original: Callable[..., Any], self: Any, filename: str, *args: Any) -> Any:
        named.add(_place(filename))  # of pip's configuration too
        return original(self, filename, *args)

    @wrap(req_file, "get_file_content")
    def get_file_content(original: Callable[..., Any], url: str, *args: Any, **kwargs: Any) -> Any:
        nonlocal count
        count += 1
        if count > _MOST:
            refuse("endless-inclusion", "a requirement file")
        scheme = urllib.parse.urlsplit(url).scheme
        if _place(url) not in named and scheme not in {"http", "https"}:
            _check_included(url_to_path(url) if scheme == "file" else url)
        try:
            url, content = original(url, *args, **kwargs)
        except (LookupError, UnicodeError) as error:
            raise InstallationError(f"{public(url)} cannot be decoded: {error}") from error
        for number, line in enumerate(re.split("\r\n|\n|\r", content), start=1):
            if _HIDING.search(line):
                refuse("hidden-text", f"{public(url)} (line {number})")
        # pip replaces ${NAME} by the environment's value, in the URL of an index too: whoever wrote the file would
        # choose which secret is sent where.
        lines = req_file.ignore_comments(req_file.join_lines(enumerate(content.splitlines(), start=1)))
        for number, line in lines:  # as pip reads them: a name may go on after a backslash at the end of a line
            if found := req_file.ENV_VAR_RE.search(line):
                refuse("variable", found["var"], f"{public(url)} (line {number})")
        return url, content


def _named(arguments: Sequence[str]) -> Iterator[str]:
    """Where the requirement files and constraints among pip's ``arguments`` are."""
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        if argument == "--":
            return
        option, sign, value = argument.partition("=")
        if option in {"-r", "--requirement", "-c", "--constraint"}:
            yield _place(value if sign else following)


def _place(file: str) -> str:
    """One spelling of each place; a URL stays as it is."""
    return file if "://" in file or file.lower().startswith("file:") else os.path.abspath(file)


def _check_included(path: str) -> None:
    """Whether a file on this disk may be included by another. One that is not there is left to pip."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return
    if (
        not all(map(_is_named_so, (path, os.path.realpath(path))))
        or not stat.S_ISREG(status.st_mode)
        or status.st_size > _LARGEST
    ):
        refuse("odd-inclusion", path)


def _is_named_so(path: str) -> bool:
    """Whether a file, or the folder that it is in, is named like one of requirements: ``requirements/base``."""
    folder, name = os.path.split(os.path.abspath(path))
    in_theirs = "." not in name and _FOLDERS.fullmatch(os.path.basename(folder))
    return bool(in_theirs or _NAMES.search(name))


def is_too_long(requirement: object) -> bool:
    """Whether a requirement is one that nobody writes, and that pip would break on."""
    return len(str(requirement)) > _LONGEST
