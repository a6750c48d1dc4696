"""The ``Name: value`` lines of WHEEL and METADATA. (Pure.)"""

from __future__ import annotations


def read_headers(content: bytes) -> dict[str, list[str]]:
    """The values by lower-case name, in their order, each on one line.

    Read as pip reads them, as the headers of a mail, so that nothing is seen here that pip does not see.

    :raises UnicodeDecodeError: ``content`` is not UTF-8.
    """
    from email.parser import HeaderParser  # takes a while to import, and is needed for new wheels only

    message = HeaderParser().parsestr(content.decode("utf-8"))
    headers: dict[str, list[str]] = {}
    for name, value in message.items():
        headers.setdefault(name.lower(), []).append(" ".join(str(value).split()))
    return headers
