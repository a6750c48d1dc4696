"""What pip answers in a form that we do not know is said so, whatever stumbles over it. (Pure.)"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

from lambda_wheels.errors import PipError
from lambda_wheels.problems import Problem

_STUMBLES: Final = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What is raised by who takes a value for another kind, a text for a version or a URL, or follows what has no end."""
_SHOWN: Final = 300


@contextlib.contextmanager
def in_known_form(what: str) -> Iterator[None]:
    """Read inside the block what pip answered.

    :param what: that.
    :raises PipError: it has another form.
    """
    try:
        yield
    except _STUMBLES as error:
        message = f"{what} has another form: {error!r:.{_SHOWN}}"
        raise PipError(Problem(rule="pip-failed", message=message)) from error
