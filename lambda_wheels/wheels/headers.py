"""The ``Name: value`` lines of WHEEL and METADATA. (Pure.)"""

from __future__ import annotations

import re
from typing import Final

_MOST_LINES: Final = 50_000
"""Lines of headers; real ones have hundreds, and some thousands where a description is one of them."""
_END: Final = re.compile(rb"\r?\n\r?\n")
"""The empty line after the headers."""


def read_headers(content: bytes) -> dict[str, list[str]]:
    """The values by lower-case name, in their order, each on one line.

    Read as pip reads them, as the headers of a mail, so that nothing is seen here that pip does not see.

    :raises UnicodeDecodeError: ``content`` is not UTF-8.
    :raises ValueError: there are too many lines of them.
    """
    end = _END.search(content)
    part = content[: end.start()] if end else content
    # A line may end with \n, \r\n or \r alone, as for the parser.
    if part.count(b"\n") + part.count(b"\r") - part.count(b"\r\n") > _MOST_LINES:
        raise ValueError(f"it has more than {_MOST_LINES:,} lines of headers")
    from email.parser import HeaderParser  # takes a while to import, and is needed for new wheels only

    message = HeaderParser().parsestr(content.decode("utf-8"))
    headers: dict[str, list[str]] = {}
    for name, value in message.items():
        headers.setdefault(name.lower(), []).append(" ".join(str(value).split()))
    return headers
